import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { IsMode } from './is-mode.js';
import { ReadQuery } from './read.query.dto.js';

const ID = /^\d{1,10}$/;

export class WriteQuery extends ReadQuery {
  /**
   * Permission bits, octal. Default: those that the file has; 0644 for a new one.
   * @example "0755"
   */
  @IsOptional()
  @IsMode()
  mode?: string;

  /** Owner of the file, a number. Default: as it is; the acting user for a new one. */
  @IsOptional()
  @Matches(ID, { message: 'uid must be a number' })
  uid?: string;

  /** Group of the file, a number. */
  @IsOptional()
  @Matches(ID, { message: 'gid must be a number' })
  gid?: string;

  /** `true`: put it behind what is there. */
  @ApiProperty({ enum: ['true', 'false'], default: 'false', required: false })
  @IsOptional()
  @IsIn(['true', 'false'])
  append?: 'true' | 'false';

  /** Of an archive. `keep`: links that point out of it are made all the same (they are never followed). Default: a 400. */
  @ApiProperty({ enum: ['refuse', 'keep'], default: 'refuse', required: false })
  @IsOptional()
  @IsIn(['refuse', 'keep'])
  links?: 'refuse' | 'keep';
}
