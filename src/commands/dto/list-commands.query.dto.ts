import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { NO_CURSOR } from '../../common/cursor.js';
import { ToNumber } from '../../common/validation/to-number.js';
import { COMMAND_STATES, type CommandState } from './command.responses.dto.js';

export class ListCommandsQuery {
  /** Only those in this state. */
  @ApiProperty({ enum: COMMAND_STATES, required: false })
  @IsOptional()
  @IsIn(COMMAND_STATES)
  state?: CommandState;

  /**
   * At most so many; `next_cursor` in the answer goes on.
   * @example 100
   */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 1000, required: false })
  @IsOptional()
  @ToNumber()
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;

  /** `next_cursor` of the answer before; opaque. */
  @IsOptional()
  @Matches(/^[\w-]{1,64}$/, { message: NO_CURSOR })
  cursor?: string;
}
