import { ApiProperty } from '@nestjs/swagger';
import { ToNumber } from '../../common/validation/to-number.js';
import { IsIn, IsInt, IsNumber, IsOptional, Max, Min } from 'class-validator';

export class LogsQuery {
  /** `true`: line by line as ND-JSON (or SSE, as `Accept` says), from the first byte kept, then live, until the command has ended. */
  @ApiProperty({ enum: ['true', 'false'], required: false })
  @IsOptional()
  @IsIn(['true', 'false'])
  stream?: 'true' | 'false';

  /** `false` leaves stdout out. */
  @ApiProperty({ enum: ['true', 'false'], required: false, default: 'true' })
  @IsOptional()
  @IsIn(['true', 'false'])
  stdout?: 'true' | 'false';

  /** `false` leaves stderr out. */
  @ApiProperty({ enum: ['true', 'false'], required: false, default: 'true' })
  @IsOptional()
  @IsIn(['true', 'false'])
  stderr?: 'true' | 'false';

  /** `base64` gives the exact bytes; `utf8` replaces what is not UTF-8. */
  @ApiProperty({ enum: ['utf8', 'base64'], required: false, default: 'utf8' })
  @IsOptional()
  @IsIn(['utf8', 'base64'])
  encoding?: 'utf8' | 'base64';

  /**
   * At most the last so many lines of each stream. Not with `stream=true`.
   * @example 100
   */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, required: false })
  @IsOptional()
  @ToNumber()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  tail?: number;

  /** The `seq` of the last line that you have had: goes on behind it, without gap or repeat. Only with `stream=true`. */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, required: false })
  @IsOptional()
  @ToNumber()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after?: number;

  /**
   * Seconds of silence after which a line `{"type":"heartbeat"}` (a comment in SSE) is sent. Only with `stream=true`.
   * @example 15
   */
  @ApiProperty({ type: 'number', minimum: 0.1, maximum: 3600, required: false })
  @IsOptional()
  @ToNumber()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0.1)
  @Max(3600)
  heartbeat?: number;
}
