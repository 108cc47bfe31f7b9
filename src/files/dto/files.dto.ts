import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import type { Encoding } from '../../common/base64.js';

export class WriteFileRequest {
  /**
   * The whole new content: text, or base64 where `encoding` says so.
   * @example "hello\n"
   */
  @ApiProperty()
  @IsString()
  content: string;

  /** How `content` is written; the parameter of the same name says it too. */
  @ApiProperty({ enum: ['utf8', 'base64'], default: 'utf8', required: false })
  @IsOptional()
  @IsIn(['utf8', 'base64'])
  encoding?: Encoding;
}

/** The path of an answer: as it was asked for. */
export class Place {
  /**
   * Where it is not UTF-8, with replacement characters.
   * @example "/tmp/hello.txt"
   */
  @ApiProperty()
  path: string;

  /** The exact bytes, where they were asked for so. */
  @ApiProperty()
  path_base64?: string;
}

export class FileContent extends Place {
  /** @example "hello\n" */
  @ApiProperty()
  content: string;

  /** `base64`, where it was asked for. */
  @ApiProperty({ enum: ['base64'], required: false })
  encoding?: 'base64';
}

export class WrittenFile extends Place {
  @ApiProperty({ enum: ['written'] })
  status: 'written';
}

export class WrittenTree extends WrittenFile {
  /** Of an archive: how many entries it had. */
  @ApiProperty({ type: 'integer', required: false })
  entries?: number;

  /** Of an archive: bytes of all its contents together. */
  @ApiProperty({ type: 'integer', required: false })
  bytes?: number;
}

export class UploadedFile {
  /** @example "/tmp/hello.txt" */
  path: string;

  /** The exact bytes of a path that is not UTF-8. */
  path_base64?: string;

  /** Bytes. */
  @ApiProperty({ type: 'integer' })
  size: number;
}

export class UploadedFiles extends WrittenFile {
  /** In the order in which they came. */
  files: UploadedFile[];
}

export class DirectoryEntry {
  /** Just its name. Where that is not UTF-8, with replacement characters. */
  @ApiProperty()
  name: string;

  /** The exact bytes of a name that is not UTF-8. */
  @ApiProperty()
  name_base64?: string;

  /** Absolute, unless a relative path was asked for. */
  @ApiProperty()
  path: string;

  /** The exact bytes of a path that is not UTF-8. */
  @ApiProperty()
  path_base64?: string;

  @ApiProperty({ enum: ['file', 'directory', 'symlink', 'fifo', 'socket', 'char', 'block'] })
  type: string;

  /** Bytes. */
  @ApiProperty({ type: 'integer' })
  size: number;

  /**
   * Permission bits, octal.
   * @example "0644"
   */
  @ApiProperty()
  mode: string;

  @ApiProperty({ type: 'integer' })
  uid: number;

  @ApiProperty({ type: 'integer' })
  gid: number;

  /** @example "root" */
  @ApiProperty()
  owner: string;

  /** @example "root" */
  @ApiProperty()
  group: string;

  @ApiProperty({ format: 'date-time' })
  mtime: string;

  /** Where a symbolic link points to. */
  @ApiProperty()
  target?: string;

  /** The exact bytes of a target that is not UTF-8. */
  @ApiProperty()
  target_base64?: string;
}

export class FileStat extends DirectoryEntry {
  /** How many names it has. */
  @ApiProperty({ type: 'integer' })
  links: number;

  /** Names this state of a regular file, for `If-Match` and the like. */
  etag?: string;
}

export class DirectoryList extends Place {
  /**
   * In the style of `ls -la`, names escaped as `ls -b` does.
   * @example "total 4\n-rw-r--r-- 1 root root 6 Nov 23 12:00 hello.txt\n"
   */
  output: string;

  /** The same, typed. */
  entries: DirectoryEntry[];

  /** Where the next page begins; absent at the end. */
  next_cursor?: string;
}
