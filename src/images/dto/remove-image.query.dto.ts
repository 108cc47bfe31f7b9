import { IsIn, IsOptional } from 'class-validator';

export class RemoveImageQuery {
  /** Also what other software's containers were made of, and an image with several tags by its id. Never what a sandbox uses. */
  @IsOptional()
  @IsIn(['true', 'false'])
  force?: 'true' | 'false';
}
