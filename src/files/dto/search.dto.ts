import { ApiProperty } from '@nestjs/swagger';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { NoNul } from '../../common/validation/no-nul.js';
import { Place } from './files.dto.js';
import { PlaceQuery } from './place.query.dto.js';

const FLAG = { enum: ['true', 'false'], default: 'false', required: false };

export class SearchQuery extends PlaceQuery {
  /**
   * A glob: `*`, `?`, `[a-z]` and `[!a-z]` stay within a name, `**` does not. Without a slash it is for names, with one for paths below
   * `path`. Classes by name, as `[:alpha:]`, are not known.
   * @example "*.ts"
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  @NoNul()
  name?: string;

  /**
   * What a line of a file is to hold.
   * @example "TODO"
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  content?: string;

  /** `true`: `content` is a regular expression of RE2. */
  @ApiProperty(FLAG)
  @IsOptional()
  @IsIn(['true', 'false'])
  regex?: 'true' | 'false';

  /** `true`: large and small letters of `content` are the same. */
  @ApiProperty(FLAG)
  @IsOptional()
  @IsIn(['true', 'false'])
  ignore_case?: 'true' | 'false';

  /** At most so many matches. */
  @ApiProperty({ type: 'integer', minimum: 1, default: 1000, required: false })
  @IsOptional()
  @Matches(/^[1-9]\d{0,6}$/, { message: 'limit must be a whole number from 1 on' })
  limit?: string;
}

export class FileMatch {
  /** @example "/tmp/project/main.ts" */
  path: string;

  /** The exact bytes of a path that is not UTF-8. */
  path_base64?: string;

  @ApiProperty({ enum: ['file', 'directory', 'symlink', 'fifo', 'socket', 'char', 'block'] })
  type: string;

  /** Bytes of the file. */
  @ApiProperty({ type: 'integer' })
  size: number;

  /** Of a match of `content`: its line, from 1. */
  @ApiProperty({ type: 'integer', required: false })
  line?: number;

  /** Of a match of `content`: where in the line, in bytes, from 1. */
  @ApiProperty({ type: 'integer', required: false })
  column?: number;

  /** The line; of a long one what is around the match. */
  text?: string;
}

export class SearchResult extends Place {
  /** In the order of a list. */
  matches: FileMatch[];

  /** There are more than `limit`. */
  truncated: boolean;
}

export class ReplaceRequest {
  /**
   * What is looked for: text, or with `regex` a regular expression of RE2.
   * @example "colour"
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(1_048_576)
  search: string;

  /**
   * What comes in its place; of an expression with `$1` and `${name}`.
   * @example "color"
   */
  @IsString()
  replace: string;

  /** `search` is a regular expression. */
  @IsOptional()
  @IsBoolean()
  regex?: boolean;

  /** Large and small letters are the same. */
  @IsOptional()
  @IsBoolean()
  ignore_case?: boolean;

  /** A 409, and nothing changed, when it is not there just so often. */
  @ApiProperty({ type: 'integer', required: false })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  expected?: number;
}

export class ReplacedFile extends Place {
  @ApiProperty({ enum: ['replaced', 'unchanged'] })
  status: 'replaced' | 'unchanged';

  /** How often. */
  @ApiProperty({ type: 'integer' })
  replacements: number;
}

export class WatchQuery extends PlaceQuery {
  /** `true`: all directories below, too, also those that come later. */
  @ApiProperty(FLAG)
  @IsOptional()
  @IsIn(['true', 'false'])
  recursive?: 'true' | 'false';
}

/** One line of a watch. */
export class FileEventLine {
  @ApiProperty({
    enum: ['started', 'created', 'modified', 'written', 'attributes', 'moved', 'deleted', 'overflow', 'end', 'error'],
  })
  type: string;

  /** Of the entry that it is about. */
  path?: string;

  /** The exact bytes of a path that is not UTF-8. */
  path_base64?: string;

  /** It is a directory. */
  directory?: boolean;

  /** Of `moved`: where it was. */
  from?: string;

  /** The exact bytes of that, where it is not UTF-8. */
  from_base64?: string;

  /** Of `end`: why. */
  reason?: string;

  /** Of `error`: as an error's. */
  code?: string;

  /** Of `error`: as an error's. */
  message?: string;
}
