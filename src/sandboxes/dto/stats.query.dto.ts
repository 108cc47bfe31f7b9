import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

export class StatsQuery {
  /** `true`: tell what was written to its disk, too. The engine counts it file by file: slow where there are many. */
  @ApiProperty({ enum: ['true', 'false'], required: false })
  @IsOptional()
  @IsIn(['true', 'false'])
  disk?: 'true' | 'false';
}
