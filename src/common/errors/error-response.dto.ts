import { ApiProperty } from '@nestjs/swagger';
import { ERROR_STATUS, type ErrorCode } from './catalogue.js';

/** The answer to everything that went wrong. */
export class ErrorResponse {
  /**
   * What went wrong, for a program.
   * @example "NOT_FOUND"
   */
  @ApiProperty({ enum: Object.keys(ERROR_STATUS) })
  code: ErrorCode;

  /** What went wrong, for a person. */
  @ApiProperty({ example: 'no sandbox "brave-otter"' })
  message: string;

  /** Structured facts, where there are any: for a request that fails validation, each field and what is wrong with it. */
  @ApiProperty({
    oneOf: [
      { type: 'object', additionalProperties: true },
      {
        type: 'array',
        items: {
          type: 'object',
          required: ['field', 'message'],
          properties: { field: { type: 'string' }, message: { type: 'string' } },
        },
      },
    ],
  })
  details?: unknown;
}
