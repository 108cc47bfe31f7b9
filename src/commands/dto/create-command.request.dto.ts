import { ApiProperty } from '@nestjs/swagger';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { IsEnv, ToEnvRecord } from '../../common/validation/env.js';
import { NoNul } from '../../common/validation/no-nul.js';

const MAX_SECONDS = 31_536_000;
const MAX_GRACE_S = 600;

/** A command: an executable and its arguments, and a shell line only where that is asked for. */
export class CreateCommandRequest {
  /**
   * The executable: a path, or a name that is looked up in the command's PATH. With `shell`, the line that the shell runs.
   * @example "echo"
   */
  @ApiProperty()
  @IsString()
  @IsNotEmpty()
  @MaxLength(131_071)
  @NoNul()
  command: string;

  /**
   * Its arguments, as they are. With `shell` they are `$1`, `$2`, …
   * @example ["hello", "world"]
   */
  @ApiProperty()
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  @NoNul({ each: true })
  args?: string[];

  /**
   * Working directory; absent is the image's, and a relative one is relative to that.
   * @example "/tmp"
   */
  @ApiProperty()
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
  @ApiProperty()
  @IsOptional()
  @ToEnvRecord()
  @IsEnv()
  env?: Record<string, string>;

  /**
   * `true`: `/bin/sh -c` runs `command`. Without it nothing is ever given to a shell.
   * @example false
   */
  @ApiProperty()
  @IsOptional()
  @IsBoolean()
  shell?: boolean;

  /**
   * What the command reads from its standard input; at most 1 MiB (`PUT …/stdin` takes more). Its end follows, but with `open_stdin`.
   * Without either, standard input is empty.
   * @example "one line\n"
   */
  @ApiProperty()
  @IsOptional()
  @IsString()
  stdin?: string;

  /** How `stdin` is written: `utf8` as it is, or `base64` for any bytes. */
  @ApiProperty({ enum: ['utf8', 'base64'], default: 'utf8', required: false })
  @IsOptional()
  @IsIn(['utf8', 'base64'])
  stdin_encoding?: 'utf8' | 'base64';

  /**
   * `true`: standard input stays open for `PUT …/stdin`, until that closes it.
   * @example false
   */
  @ApiProperty()
  @IsOptional()
  @IsBoolean()
  open_stdin?: boolean;

  /**
   * Seconds that the command may take. Then its processes get a SIGTERM, and a SIGKILL after `kill_grace`; its end reason is `timeout`. 0 or absent: no limit.
   * @example 60
   */
  @ApiProperty({ type: 'number', minimum: 0, maximum: MAX_SECONDS, required: false })
  @IsOptional()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(MAX_SECONDS)
  timeout?: number;

  /**
   * Seconds between the SIGTERM and the SIGKILL of `timeout`; 0 is SIGKILL at once. Absent: `ATOLL_KILL_GRACE`.
   * @example 2
   */
  @ApiProperty({ type: 'number', minimum: 0, maximum: MAX_GRACE_S, required: false })
  @IsOptional()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(MAX_GRACE_S)
  kill_grace?: number;

  /**
   * Who runs it: `name`, `uid`, `name:group` or `uid:gid`, from the sandbox's `/etc/passwd` and `/etc/group`. Absent: the image's user.
   * @example "1000:1000"
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  @NoNul()
  user?: string;

  /**
   * Permissions that files it makes do not get: three octal digits, with or without a zero before them.
   * @example "022"
   */
  @ApiProperty({ type: 'string', pattern: '^0?[0-7]{3}$', default: '022', required: false })
  @IsOptional()
  @Matches(/^0?[0-7]{3}$/, { message: 'umask must be three octal digits, such as "022"' })
  umask?: string;

  /** Terminals are not there yet: only `false`. */
  @ApiProperty({ enum: [false], type: 'boolean', required: false })
  @IsOptional()
  @IsIn([false], { message: 'tty must be false: terminals are not offered yet' })
  tty?: boolean;
}
