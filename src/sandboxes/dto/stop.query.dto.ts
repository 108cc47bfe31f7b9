import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

export class StopQuery {
  /**
   * Milliseconds that its commands have between TERM and KILL; absent is the configured grace.
   * @example 2000
   */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 600000, required: false })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(600_000)
  grace?: number;
}
