import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { toSignal } from '../signals.js';

const MESSAGE = { message: 'signal must be a POSIX signal: a number from 0 to 64, or a name such as "SIGTERM"' };

export class KillCommandRequest {
  /**
   * A POSIX signal, as its number or by name (`"SIGTERM"`, `"TERM"`); it goes to all of the command's processes but those that made a session of
   * their own. 0 only asks whether it is there.
   * @example 15
   */
  @ApiProperty({ oneOf: [{ type: 'integer', minimum: 0, maximum: 64 }, { type: 'string' }] })
  @Transform(({ value }: { value: unknown }) => toSignal(value))
  @IsInt(MESSAGE)
  @Min(0, MESSAGE)
  @Max(64, MESSAGE)
  signal: number;
}
