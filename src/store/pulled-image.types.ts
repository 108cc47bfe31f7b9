/** An image that this service pulled. */
export interface PulledImage {
  /** In full: `docker.io/library/busybox:latest`. */
  reference: string;
  /** `sha256:…`; what the reference meant then. */
  imageId: string;
  /** Unix ms. */
  usedAt: number;
}
