import { Injectable } from '@nestjs/common';
import type { ImageInspectInfo } from 'dockerode';
import { EngineError, isEngineError } from '../errors.js';
import { isImageName, isShortId } from '../image-reference.js';
import { Images, type ImageUser, type LayerProgress, type PullRequest } from '../images.js';
import { Instance } from '../instance.js';
import { LABEL } from '../labels.js';
import type { ImageInfo, ImageSummary } from '../types.js';
import { containerStatus } from './container-mapping.js';
import { DockerClient } from './docker-client.js';
import { inspectImage } from './dockerode-gaps.js';
import { ImagePull } from './image-pull.js';

@Injectable()
export class DockerImages extends Images {
  constructor(
    private readonly client: DockerClient,
    private readonly puller: ImagePull,
    private readonly instance: Instance,
  ) {
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
    // What is no name of an image could be another path of the engine's API.
    if (!isImageName(reference)) return undefined;
    try {
      const image = await this.client.read(
        { what: 'look at the image', missing: 'no_such_image', signal },
        (docker, abortSignal) => inspectImage(docker, reference, abortSignal),
      );
      return imageInfo(image);
    } catch (error) {
      // `invalid`: a name that this engine's own grammar does not have.
      if (!isEngineError(error, 'no_such_image') && !isEngineError(error, 'invalid')) throw error;
      await this.expectOne(reference, signal);
      return undefined;
    }
  }

  pull(request: PullRequest, onProgress: (progress: LayerProgress) => void, signal: AbortSignal): Promise<void> {
    return this.puller.run(request, onProgress, signal);
  }

  async usersOf(imageId: string, signal?: AbortSignal): Promise<ImageUser[]> {
    const filters = { ancestor: [imageId] };
    const found = await this.client.read(
      { what: 'list containers', missing: 'no_such_image', signal },
      (docker, abortSignal) => docker.listContainers({ all: true, filters, abortSignal }),
    );
    return found
      .filter(({ ImageID }) => ImageID === imageId) // the others' images were made from it
      .map(({ Names, Labels, State }) => ({
        name: (Names[0] ?? '').replace(/^\//, ''),
        running: containerStatus(State) === 'running' || containerStatus(State) === 'paused',
        sandboxId: Labels[LABEL.instance] === this.instance.id ? Labels[LABEL.sandbox] : undefined,
      }));
  }

  async remove(reference: string, force: boolean, signal?: AbortSignal): Promise<void> {
    if (!isImageName(reference)) throw new EngineError('no_such_image', 'There is no such image on the engine.');
    await this.client.call({ what: 'remove the image', missing: 'no_such_image', signal }, (docker, abortSignal) =>
      docker.getImage(reference).remove({ force, abortSignal }),
    );
  }

  /** An engine that finds no image does not say when it found several that begin so. */
  private async expectOne(reference: string, signal?: AbortSignal): Promise<void> {
    if (!isShortId(reference)) return;
    const begin = reference.replace(/^sha256:/, '');
    const images = await this.client.read({ what: 'list images', signal }, (docker, abortSignal) =>
      docker.listImages({ all: true, abortSignal }),
    );
    const several = images.filter(({ Id }) => Id.replace(/^sha256:/, '').startsWith(begin)).length > 1;
    if (several) throw new EngineError('conflict', `The ids of several images begin with ${begin}: say more of it.`);
  }
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
