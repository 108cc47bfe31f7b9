import { ApiProperty } from '@nestjs/swagger';
import { IsBase64, IsBoolean, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { NoNul } from '../../common/validation/no-nul.js';
import { Place } from './files.dto.js';
import { IsMode } from './is-mode.js';

/** Where something is moved or copied to. */
export class ToRequest {
  /**
   * The new path, the name included; parents are made. A relative one is relative to the image's working directory.
   * @example "/tmp/other.txt"
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  @NoNul()
  to?: string;

  /** In place of `to`: its bytes in base64. */
  @IsOptional()
  @IsBase64()
  @IsNotEmpty()
  @MaxLength(8192)
  to_base64?: string;

  /** Replace what is there. Default false: that is a 409. A directory is only replaced when it is empty. */
  @IsOptional()
  @IsBoolean()
  overwrite?: boolean;
}

export class MkdirRequest {
  /**
   * Permission bits of the new directory, octal. Default 0755, which its missing parents get too.
   * @example "0700"
   */
  @IsOptional()
  @IsMode()
  mode?: string;
}

export class SymlinkRequest {
  /**
   * What the link says, taken as it is: it need not be there.
   * @example "../lib/tool.js"
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(4095)
  @NoNul()
  target: string;

  /** Replace a file or link that is there. Default false: that is a 409. */
  @IsOptional()
  @IsBoolean()
  overwrite?: boolean;
}

export class AttributesRequest {
  /**
   * Permission bits, octal.
   * @example "0755"
   */
  @IsOptional()
  @IsMode()
  mode?: string;

  /**
   * The new owner: a name or a number of the sandbox.
   * @example "nobody"
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  @NoNul()
  owner?: string;

  /**
   * The new group: a name or a number of the sandbox.
   * @example "1000"
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  @NoNul()
  group?: string;

  /** All that is below, too. Links in there are not followed. */
  @IsOptional()
  @IsBoolean()
  recursive?: boolean;
}

export class ChangedFiles extends Place {
  @ApiProperty({ enum: ['changed'] })
  status: 'changed';

  /** How many entries were changed. */
  @ApiProperty({ type: 'integer' })
  entries: number;
}

export class MadeDirectory extends Place {
  /** `existing`: it was there already, and is as it was. */
  @ApiProperty({ enum: ['created', 'existing'] })
  status: 'created' | 'existing';
}

export class MadeLink extends Place {
  @ApiProperty({ enum: ['created'] })
  status: 'created';

  /** @example "../lib/tool.js" */
  target: string;
}

export class MovedFile extends Place {
  @ApiProperty({ enum: ['moved', 'copied'] })
  status: 'moved' | 'copied';

  /** @example "/tmp/other.txt" */
  to: string;

  /** The exact bytes, where they were asked for so. */
  to_base64?: string;
}
