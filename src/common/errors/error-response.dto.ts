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

  /** Structured facts, where there are any. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  details?: unknown;
}
