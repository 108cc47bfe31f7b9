import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PlaceQuery } from './place.query.dto.js';

export class StatQuery extends PlaceQuery {
  /** `true`: of what a symbolic link leads to, not of the link. */
  @ApiProperty({ enum: ['true', 'false'], default: 'false', required: false })
  @IsOptional()
  @IsIn(['true', 'false'])
  follow?: 'true' | 'false';
}
