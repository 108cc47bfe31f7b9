import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

export class WaitQuery {
  /** `true`: answer as ND-JSON, the command when it has started and again when it has finished. */
  @ApiProperty({ enum: ['true', 'false'], required: false })
  @IsOptional()
  @IsIn(['true', 'false'])
  wait?: 'true' | 'false';
}
