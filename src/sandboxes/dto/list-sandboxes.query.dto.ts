import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { NO_CURSOR } from '../../common/cursor.js';
import { SANDBOX_STATES, type SandboxState } from './sandbox.responses.dto.js';

export class ListSandboxesQuery {
  /** Only those in this state. */
  @ApiProperty({ enum: SANDBOX_STATES, required: false })
  @IsOptional()
  @IsIn(SANDBOX_STATES)
  state?: SandboxState;

  /**
   * Only those made of this image, as it was asked for.
   * @example "busybox:latest"
   */
  @ApiProperty({ required: false })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  image?: string;

  /**
   * Only those with this label: `key=value`, or `key` with any value.
   * @example "team=search"
   */
  @ApiProperty({ required: false })
  @IsOptional()
  @IsString()
  @Matches(/^[^=]+(=[^=]*)?$/, { message: 'label must be "key" or "key=value"' })
  label?: string;

  /**
   * At most so many; `next_cursor` in the answer goes on.
   * @example 100
   */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 1000, required: false })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;

  /** `next_cursor` of the answer before; opaque. */
  @IsOptional()
  @Matches(/^[\w-]{1,64}$/, { message: NO_CURSOR })
  cursor?: string;
}
