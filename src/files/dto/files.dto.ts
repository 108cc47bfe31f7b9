import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { NoNul } from '../../common/validation/no-nul.js';

export class PathQuery {
  /**
   * A path inside the sandbox; a relative one is relative to the image's working directory.
   * @example "/tmp/hello.txt"
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  @NoNul()
  path: string;
}

export class ListQuery {
  /**
   * A directory inside the sandbox; a relative one is relative to the image's working directory.
   * @example "/tmp"
   */
  @ApiProperty({ default: '/', required: false })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  @NoNul()
  path?: string;
}

export class WriteFileRequest {
  /**
   * The whole new content, as text.
   * @example "hello\n"
   */
  @IsString()
  content: string;
}

export class FileContent {
  /** @example "/tmp/hello.txt" */
  path: string;

  /** @example "hello\n" */
  content: string;
}

export class WrittenFile {
  /** @example "/tmp/hello.txt" */
  path: string;

  @ApiProperty({ enum: ['written'] })
  status: 'written';
}

export class DirectoryEntry {
  /** Just its name. Where that is not UTF-8, with replacement characters. */
  name: string;

  /** The exact bytes of a name that is not UTF-8. */
  name_base64?: string;

  @ApiProperty({ enum: ['file', 'directory', 'symlink', 'fifo', 'socket', 'char', 'block'] })
  type: string;

  /** Bytes. */
  @ApiProperty({ type: 'integer' })
  size: number;

  /**
   * Permission bits, octal.
   * @example "0644"
   */
  mode: string;

  @ApiProperty({ type: 'integer' })
  uid: number;

  @ApiProperty({ type: 'integer' })
  gid: number;

  /** @example "root" */
  owner: string;

  /** @example "root" */
  group: string;

  @ApiProperty({ format: 'date-time' })
  mtime: string;

  /** Where a symbolic link points to. */
  target?: string;
}

export class DirectoryList {
  /** @example "/tmp" */
  path: string;

  /**
   * In the style of `ls -la`, names escaped as `ls -b` does.
   * @example "total 4\n-rw-r--r-- 1 root root 6 Nov 23 12:00 hello.txt\n"
   */
  output: string;

  /** The same, typed. */
  entries: DirectoryEntry[];
}
