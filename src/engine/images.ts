import type { ImageInfo, ImageSummary } from './types.js';

/** The images that lie on the engine. */
export abstract class Images {
  abstract list(signal?: AbortSignal): Promise<ImageSummary[]>;
  /** By id, short id or reference; undefined when there is none. */
  abstract inspect(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined>;
}
