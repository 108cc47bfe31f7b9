import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Min } from 'class-validator';

export class RenewExpirationRequest {
  /**
   * Seconds from now; they count again at a later start or restart.
   * @example 900
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  @IsInt()
  @Min(1)
  timeout: number;
}
