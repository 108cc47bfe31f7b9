import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString } from 'class-validator';

export class WriteStdinRequest {
  /**
   * What is written.
   * @example "one line\n"
   */
  @ApiProperty({ required: false })
  @IsOptional()
  @IsString()
  data?: string;

  /** How `data` is written: `utf8` as it is, or `base64` for any bytes. */
  @ApiProperty({ enum: ['utf8', 'base64'], default: 'utf8', required: false })
  @IsOptional()
  @IsIn(['utf8', 'base64'])
  encoding?: 'utf8' | 'base64';

  /**
   * `true`: that was all; the command reads the end of its input.
   * @example true
   */
  @IsOptional()
  @IsBoolean()
  close?: boolean;
}

export class StdinQuery {
  /** `true` closes standard input behind what is written. */
  @ApiProperty({ enum: ['true', 'false'], required: false })
  @IsOptional()
  @IsIn(['true', 'false'])
  close?: 'true' | 'false';
}

export class StdinWritten {
  /**
   * Bytes that the command's pipe has taken.
   * @example 9
   */
  @ApiProperty({ type: 'integer' })
  written: number;

  /** Standard input is closed now. */
  closed: boolean;
}
