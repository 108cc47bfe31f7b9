import { IsBase64, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { NoNul } from '../../common/validation/no-nul.js';

/** Which file, and as whom: what all calls on files share. */
export class PlaceQuery {
  /**
   * A path inside the sandbox; a relative one is relative to the image's working directory.
   * @example "/tmp/hello.txt"
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  @NoNul()
  path?: string;

  /**
   * In place of `path`: its bytes in base64. For names that are not UTF-8.
   * @example "L3RtcC9oZWxsby50eHQ="
   */
  @IsOptional()
  @IsBase64()
  @IsNotEmpty()
  @MaxLength(8192)
  path_base64?: string;

  /**
   * As whom: `name`, `uid`, `name:group` or `uid:gid` of the sandbox. Default: the image's user.
   * @example "1000:1000"
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  @NoNul()
  user?: string;
}
