import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsObject, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';

/** Credentials for the registry, for this call alone: they are neither logged nor kept. A token wins over a password. */
export class RegistryAuthRequest {
  /** @example "robot" */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  username?: string;

  @IsOptional()
  @IsString()
  @MaxLength(65_536)
  password?: string;

  /** What `docker login` keeps as `identitytoken`. */
  @IsOptional()
  @IsString()
  @MaxLength(65_536)
  identity_token?: string;

  /** Sent to the registry as it is. */
  @IsOptional()
  @IsString()
  @MaxLength(65_536)
  registry_token?: string;
}

/** What to pull. */
export class PullImageRequest {
  /**
   * A reference: registry, path, and a tag or digest; no tag is `latest`.
   * @example "ghcr.io/acme/app:1.2"
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(1024)
  image: string;

  /**
   * For which platform, `os[/architecture[/variant]]`; absent is the engine's own.
   * @example "linux/arm64"
   */
  @IsOptional()
  @IsString()
  @Matches(/^[a-z0-9_]{1,20}(\/[A-Za-z0-9_.-]{1,20}){0,2}$/, {
    message: 'platform must be "os", "os/architecture" or "os/architecture/variant"',
  })
  platform?: string;

  /** Instead of the configured credentials of the registry. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RegistryAuthRequest)
  auth?: RegistryAuthRequest;
}

export class PullQuery {
  /** The progress as ND-JSON, as with `Accept: application/x-ndjson`. */
  @IsOptional()
  @IsIn(['true', 'false'])
  stream?: 'true' | 'false';
}

export class PulledImage {
  /** @example "pulled" */
  @ApiProperty({ enum: ['pulled'] })
  status: 'pulled';

  /**
   * As it was asked for.
   * @example "ghcr.io/acme/app:1.2"
   */
  image: string;
}

/** One line of a pull that is followed: `layer` lines, then one of `pulled` or `error`. */
export class PullEvent {
  @ApiProperty({ enum: ['layer', 'pulled', 'error'] })
  type: 'layer' | 'pulled' | 'error';

  /**
   * With `layer`: the beginning of its digest.
   * @example "c7adc1942fe3"
   */
  layer?: string;

  /** With `layer`: what is done with it. With `pulled`: `pulled`. */
  @ApiProperty({ enum: ['waiting', 'downloading', 'retrying', 'downloaded', 'extracting', 'complete', 'pulled'] })
  status?: string;

  /** Downloaded, or extracted, of `total`; where the engine says. */
  @ApiProperty({ type: 'integer' })
  bytes?: number;

  /** Bytes of the layer, as it is downloaded or extracted. */
  @ApiProperty({ type: 'integer' })
  total?: number;

  /** Of the whole pull; never less than it was. */
  percent?: number;

  /** With `pulled`: as it was asked for. */
  image?: string;

  /** With `error`, as in every error. */
  code?: string;

  /** With `error`. */
  message?: string;

  /** With `error`: what the registry said. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  details?: unknown;
}
