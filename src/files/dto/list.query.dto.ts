import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches, MaxLength } from 'class-validator';
import { NO_CURSOR } from '../../common/cursor.js';
import { PlaceQuery } from './place.query.dto.js';

export class ListQuery extends PlaceQuery {
  /**
   * A directory inside the sandbox; a relative one is relative to the image's working directory.
   * @example "/tmp"
   */
  @ApiProperty({ default: '/', required: false })
  declare path?: string;

  /** `true`: all that is below, a directory before what is in it. */
  @ApiProperty({ enum: ['true', 'false'], default: 'false', required: false })
  @IsOptional()
  @IsIn(['true', 'false'])
  recursive?: 'true' | 'false';

  /** At most so many entries; `next_cursor` is there while there are more. */
  @ApiProperty({ type: 'integer', minimum: 1, required: false })
  @IsOptional()
  @Matches(/^[1-9]\d{0,6}$/, { message: 'limit must be a whole number from 1 on' })
  limit?: string;

  /** Goes on behind an earlier page: its `next_cursor`. */
  @IsOptional()
  @MaxLength(1_000_000)
  @Matches(/^[A-Za-z0-9_-]+$/, { message: NO_CURSOR })
  cursor?: string;
}
