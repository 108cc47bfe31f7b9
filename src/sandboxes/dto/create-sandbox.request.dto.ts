import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsPositive,
  IsString,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsEnv, ToEnvRecord } from '../../common/validation/env.js';
import { IsLabels } from '../../common/validation/labels.js';
import { FromRaw } from '../../common/validation/raw-record.js';
import { NoNul } from '../../common/validation/no-nul.js';
import { PULL_MODES, type PullMode } from '../../images/image-use.js';
import { PORT_PATTERN } from '../ports.js';

export class ResourcesRequest {
  /**
   * Memory in MB of 1,048,576 bytes; no swap comes on top.
   * @example 1024
   */
  @ApiProperty({ type: 'integer', minimum: 32 })
  @IsOptional()
  @IsInt()
  @Min(32)
  memory?: number;

  /**
   * CPU cores, fractional.
   * @example 1
   */
  @ApiProperty({ minimum: 0.01 })
  @IsOptional()
  @IsNumber({ maxDecimalPlaces: 3 })
  @IsPositive()
  @Min(0.01)
  cpus?: number;

  /**
   * Processes and threads of its commands together.
   * @example 512
   */
  @ApiProperty({ type: 'integer', minimum: 32 })
  @IsOptional()
  @IsInt()
  @Min(32)
  pids?: number;

  /**
   * MB of 1,048,576 bytes that may be written into its file system; a 400 on an engine whose storage driver has no quotas.
   * @example 1024
   */
  @ApiProperty({ type: 'integer', minimum: 16 })
  @IsOptional()
  @IsInt()
  @Min(16)
  disk?: number;
}

/** What to make a sandbox of. */
export class CreateSandboxRequest {
  /**
   * An image that is on the engine: a reference or an id.
   * @example "busybox:latest"
   */
  @ApiProperty()
  @IsString()
  @IsNotEmpty()
  @MaxLength(1024)
  @NoNul()
  image: string;

  /**
   * Whether its image is pulled before: `never`, if it is `missing` on the engine, or `always`. With the configured credentials.
   * @example "missing"
   */
  @ApiProperty({ enum: PULL_MODES })
  @IsOptional()
  @IsIn(PULL_MODES)
  pull?: PullMode;

  /**
   * Ports to publish on the engine's loopback: a number, with `/tcp` (the default) or `/udp`. The first is the routing port.
   * @example ["3000", "8080/udp"]
   */
  @ApiProperty()
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @Matches(PORT_PATTERN, {
    each: true,
    message: 'each of ports must be a port number, with "/tcp" or "/udp" or nothing behind it',
  })
  ports?: string[];

  /**
   * Seconds until it expires and is stopped; absent or 0 is the configured default.
   * @example 900
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  @IsOptional()
  @IsInt()
  @Min(0)
  timeout?: number;

  /** Limits; what is left out is the configured default. */
  @ApiProperty()
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ResourcesRequest)
  resources?: ResourcesRequest;

  /**
   * Environment of every command, on top of the image's: a list of `KEY=VALUE`, or an object.
   * @example {"GREETING": "hello"}
   */
  @ApiProperty({
    oneOf: [
      { type: 'object', additionalProperties: { type: 'string' } },
      { type: 'array', items: { type: 'string' } },
    ],
  })
  @IsOptional()
  @ToEnvRecord()
  @IsEnv()
  env?: Record<string, string>;

  /**
   * Labels of your own, with the syntax of Kubernetes labels; the list can be filtered by them.
   * @example {"team": "search"}
   */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  @IsOptional()
  @FromRaw()
  @IsLabels()
  labels?: Record<string, string>;
}

export class CreateQuery {
  /** The progress of a pull and the sandbox as ND-JSON, as with `Accept: application/x-ndjson`. */
  @IsOptional()
  @IsIn(['true', 'false'])
  stream?: 'true' | 'false';
}
