import { Injectable } from '@nestjs/common';
import type { ImageInspectInfo } from 'dockerode';
import { isEngineError } from '../errors.js';
import { Images } from '../images.js';
import { LABEL } from '../labels.js';
import type { ImageInfo, ImageSummary } from '../types.js';
import { DockerClient } from './docker-client.js';
import { inspectImage } from './dockerode-gaps.js';

@Injectable()
export class DockerImages extends Images {
  constructor(private readonly client: DockerClient) {
    super();
  }

  async list(signal?: AbortSignal): Promise<ImageSummary[]> {
    const images = await this.client.read({ what: 'list images', signal }, (docker, abortSignal) =>
      docker.listImages({ abortSignal }),
    );
    return images
      .filter((image) => image.Labels?.[LABEL.role] !== 'agent') // our own tiny one
      .map((image) => ({ id: image.Id, tags: tags(image.RepoTags), size: image.Size }));
  }

  async inspect(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined> {
    if (!isImageReference(reference)) return undefined;
    try {
      const image = await this.client.read(
        { what: 'look at the image', missing: 'no_such_image', signal },
        (docker, abortSignal) => inspectImage(docker, reference, abortSignal),
      );
      return imageInfo(image);
    } catch (error) {
      // `invalid`: an upper-case name, which no image can have.
      if (isEngineError(error, 'no_such_image') || isEngineError(error, 'invalid')) return undefined;
      throw error;
    }
  }
}

/**
 * The characters of references and ids, in pieces that are not `.` or `..` or empty. What fails could be no image, but
 * be another path of the engine's API.
 */
export function isImageReference(text: string): boolean {
  return text.length <= 1024 && text.split('/').every((part) => /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/.test(part));
}

function imageInfo(image: ImageInspectInfo): ImageInfo {
  // Some engines leave fields out where the image says nothing.
  const config: Partial<ImageInspectInfo['Config']> | undefined = image.Config;
  return {
    id: image.Id,
    tags: tags(image.RepoTags),
    size: image.Size,
    created: image.Created || new Date(0).toISOString(),
    architecture: image.Architecture,
    os: image.Os,
    // An image that was committed from a container can hold the names that were removed there.
    config: {
      env: (config?.Env ?? []).filter((one) => one.includes('=')),
      workingDir: config?.WorkingDir || '/',
      user: config?.User ?? '',
    },
  };
}

/** Older engines tag an untagged image `<none>:<none>`, others give null. */
function tags(repoTags: string[] | null | undefined): string[] {
  return (repoTags ?? []).filter((tag) => !tag.includes('<none>'));
}
