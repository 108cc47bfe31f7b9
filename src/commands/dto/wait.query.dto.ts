import { ApiProperty } from '@nestjs/swagger';
import { ToNumber } from '../../common/validation/to-number.js';
import { IsIn, IsNumber, IsOptional, Max, Min } from 'class-validator';

/** A day and more: longer than anybody's connection lives. */
const MAX_WAIT_S = 1_000_000;

export class WaitQuery {
  /** `true`: answer as ND-JSON, the command when it has started and again when it has finished. */
  @ApiProperty({ enum: ['true', 'false'], required: false })
  @IsOptional()
  @IsIn(['true', 'false'])
  wait?: 'true' | 'false';

  /**
   * Seconds after which the wait ends, not the command: the second line then says `running`. Only with `wait=true`.
   * @example 30
   */
  @ApiProperty({ type: 'number', minimum: 0.001, maximum: MAX_WAIT_S, required: false })
  @IsOptional()
  @ToNumber()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0.001)
  @Max(MAX_WAIT_S)
  wait_timeout?: number;

  /** `true`: what the command says comes between the two lines, as in `logs?stream=true`. Only with `wait=true`. */
  @ApiProperty({ enum: ['true', 'false'], required: false })
  @IsOptional()
  @IsIn(['true', 'false'])
  logs?: 'true' | 'false';

  /** Of `logs=true`: `base64` gives the exact bytes; `utf8`, the default, replaces what is not UTF-8. */
  @ApiProperty({ enum: ['utf8', 'base64'], required: false }) // Swagger UI would send a default, and be refused without logs
  @IsOptional()
  @IsIn(['utf8', 'base64'])
  encoding?: 'utf8' | 'base64';
}
