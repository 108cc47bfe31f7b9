import { IsArray, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { IsEnv, ToEnvRecord } from '../../common/validation/env.js';
import { NoNul } from '../../common/validation/no-nul.js';

/** A command: an executable and its arguments, never a shell line. */
export class CreateCommandRequest {
  /**
   * The executable: a path, or a name that is looked up in the command's PATH.
   * @example "echo"
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  @NoNul()
  command: string;

  /**
   * Its arguments, as they are.
   * @example ["hello", "world"]
   */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  @NoNul({ each: true })
  args?: string[];

  /**
   * Working directory; absent is the image's, and a relative one is relative to that.
   * @example "/tmp"
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  @NoNul()
  cwd?: string;

  /**
   * Environment on top of the sandbox's and the image's.
   * @example {"GREETING": "hello"}
   */
  @IsOptional()
  @ToEnvRecord()
  @IsEnv()
  env?: Record<string, string>;
}
