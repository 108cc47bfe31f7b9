import { ApiProperty } from '@nestjs/swagger';

export class ImageSummary {
  /** @example "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0" */
  @ApiProperty()
  id: string;

  /**
   * Empty for an untagged image.
   * @example ["busybox:latest"]
   */
  @ApiProperty()
  tags: string[];

  /**
   * Bytes.
   * @example 1982464
   */
  @ApiProperty({ type: 'integer' })
  size: number;
}

export class ImageList {
  images: ImageSummary[];
}

export class ImageDetail extends ImageSummary {
  /** When it was made. */
  @ApiProperty({ format: 'date-time' })
  created: string;

  /** @example "amd64" */
  architecture: string;

  /** @example "linux" */
  os: string;
}
