import type { ImageReference } from './image-reference.js';
import type { ImageInfo, ImageSummary } from './types.js';

/** What a registry wants to know. One of the three; a token wins over a password. */
export interface RegistryAuth {
  username?: string;
  password?: string;
  /** To get tokens with, as `docker login` keeps it. */
  identityToken?: string;
  /** Sent as it is. */
  registryToken?: string;
}

export interface PullRequest {
  reference: ImageReference;
  /** `os[/architecture[/variant]]`; absent is the engine's own. */
  platform?: string;
  auth?: RegistryAuth;
}

export type LayerStatus = 'waiting' | 'downloading' | 'retrying' | 'downloaded' | 'extracting' | 'complete';

/** How far the pull is with one layer. */
export interface LayerProgress {
  /** The beginning of its digest. */
  layer: string;
  status: LayerStatus;
  /** Downloaded, or extracted, of `total`. Absent where the engine does not say. */
  bytes?: number;
  total?: number;
}

/** A container that was made of an image, whoever made it. */
export interface ImageUser {
  name: string;
  running: boolean;
  /** Set on this instance's sandboxes. */
  sandboxId?: string;
}

/** The images that lie on the engine. */
export abstract class Images {
  abstract list(signal?: AbortSignal): Promise<ImageSummary[]>;
  /** By id, short id or reference; undefined when there is none. `conflict`: a short id of several. */
  abstract inspect(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined>;
  /**
   * Has the engine get an image from its registry; resolves when it is there. It has no deadline: the signal gives it up, and the engine stops.
   * `no_such_image`, `registry_refuses`, `registry_away`, `registry_busy`, `unsupported` (not for this platform), `invalid`, `no_space`.
   */
  abstract pull(
    request: PullRequest,
    onProgress: (progress: LayerProgress) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Containers of this very image, in whatever state. */
  abstract usersOf(imageId: string, signal?: AbortSignal): Promise<ImageUser[]>;
  /**
   * Takes a tag off an image, and removes the image with its last one; by an id, the image. `no_such_image`; `conflict`: a container was made
   * of it, or it has several tags. With force the engine may untag an image that is in use: ask `usersOf` before.
   */
  abstract remove(reference: string, force: boolean, signal?: AbortSignal): Promise<void>;
}
