import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';

export class KillCommandRequest {
  /**
   * A POSIX signal number; it goes to the command's whole process group. 0 only asks whether it is there.
   * @example 15
   */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 64 })
  @IsInt()
  @Min(0)
  @Max(64)
  signal: number;
}
