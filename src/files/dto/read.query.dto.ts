import type { Encoding } from '../../common/base64.js';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PlaceQuery } from './place.query.dto.js';

export class ReadQuery extends PlaceQuery {
  /** How `content` is written in JSON: as text, or any bytes in base64. */
  @ApiProperty({ enum: ['utf8', 'base64'], default: 'utf8', required: false })
  @IsOptional()
  @IsIn(['utf8', 'base64'])
  encoding?: Encoding;
}
