import { Injectable } from '@nestjs/common';
import { EngineError, isEngineError } from '../errors.js';
import { DEFAULT_DOMAIN, fullName, type ImageReference } from '../image-reference.js';
import type { LayerProgress, PullRequest, RegistryAuth } from '../images.js';
import { DockerClient } from './docker-client.js';
import { engineText } from './docker-errors.js';
import { inspectImage, pullImage } from './dockerode-gaps.js';
import { pullError } from './pull-errors.js';
import { layerProgress, pullLines } from './pull-progress.js';

/** The longest that a timer can be set to; the caller's signal comes long before. */
const NO_DEADLINE_MS = 2 ** 31 - 1;
const WHAT = 'pull the image';

/** One pull by the engine. Its connection ends with the signal, and the engine stops. */
@Injectable()
export class ImagePull {
  constructor(private readonly client: DockerClient) {}

  async run(request: PullRequest, onProgress: (progress: LayerProgress) => void, signal: AbortSignal): Promise<void> {
    const { reference, platform, auth } = request;
    const before = platform === undefined ? undefined : await this.idOf(reference, signal);
    const query = {
      fromImage: `${reference.domain}/${reference.path}`,
      tag: wanted(reference),
      ...(platform ? { platform } : {}),
    };
    const pulling = this.client.call({ what: WHAT, signal, timeoutMs: NO_DEADLINE_MS }, async (docker, abortSignal) => {
      const answer = await pullImage(docker, query, authConfig(auth, reference.domain), abortSignal).catch(
        (error: unknown) => {
          throw refused(error, reference);
        },
      );
      try {
        for await (const line of pullLines(answer)) {
          const said = line.errorDetail?.message ?? line.error;
          if (said !== undefined) throw pullError(said, 200, reference);
          const progress = layerProgress(line);
          if (progress) onProgress(progress);
        }
      } finally {
        answer.destroy();
      }
    });
    await pulling.catch(async (error: unknown) => {
      if (isEngineError(error, 'registry_away')) await this.dropNoImage(fullName(reference));
      throw error;
    });
    if (platform !== undefined) await this.expectPlatform(reference, platform, before, signal);
  }

  /** Where a registry has the image for one platform alone, engines take it whatever was asked for: then what came with it goes again. */
  private async expectPlatform(
    reference: ImageReference,
    platform: string,
    before: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const name = fullName(reference);
    const image = await this.client.read({ what: 'look at the image', missing: 'no_such_image', signal }, (docker, s) =>
      inspectImage(docker, name, s),
    );
    const [os, architecture, variant] = platform.toLowerCase().split('/');
    const fits = image.Os === os && (architecture === undefined || image.Architecture === goArchitecture(architecture));
    if (fits && !isNewer(image.Variant, variant)) return;
    if (before !== image.Id) await this.takeBack(name, before, signal);
    throw new EngineError(
      'unsupported',
      `There is no image ${name} for ${platform}: it is for ${[image.Os, image.Architecture, image.Variant].filter(Boolean).join('/')}.`,
    );
  }

  /** Engines of containerd's store keep what is no image at all under the name that it was asked for, although they say that it failed. */
  private async dropNoImage(name: string): Promise<void> {
    try {
      const image = await this.client.read({ what: 'look at the image' }, (docker, s) => inspectImage(docker, name, s));
      if (image.Os !== '' || image.Architecture !== '' || image.Size > 0) return;
      await this.client.call({ what: 'remove the image' }, (docker, abortSignal) =>
        docker.getImage(name).remove({ abortSignal }),
      );
    } catch {
      // It is not there, as it should be.
    }
  }

  private async takeBack(name: string, before: string | undefined, signal: AbortSignal): Promise<void> {
    await this.client.call({ what: 'untag the image', missing: 'no_such_image', signal }, (docker, abortSignal) =>
      docker.getImage(name).remove({ abortSignal }),
    );
    if (before === undefined || name.includes('@')) return;
    const [repo, tag] = [name.slice(0, name.lastIndexOf(':')), name.slice(name.lastIndexOf(':') + 1)];
    await this.client.call({ what: 'tag the image', missing: 'no_such_image', signal }, (docker, abortSignal) =>
      docker.getImage(before).tag({ repo, tag, abortSignal }),
    );
  }

  private async idOf(reference: ImageReference, signal: AbortSignal): Promise<string | undefined> {
    const look = this.client.read({ what: 'look at the image', missing: 'no_such_image', signal }, (docker, s) =>
      inspectImage(docker, fullName(reference), s),
    );
    return look.then(
      ({ Id }) => Id,
      () => undefined,
    );
  }
}

/** Without any the engine would pull all tags. */
const wanted = ({ digest, tag = 'latest' }: ImageReference): string => digest ?? tag;

/** As the API's header has it. */
function authConfig(auth: RegistryAuth | undefined, domain: string): object | undefined {
  if (auth === undefined) return undefined;
  const { username, password, identityToken, registryToken } = auth;
  const serveraddress = domain === DEFAULT_DOMAIN ? 'https://index.docker.io/v1/' : domain;
  return { username, password, identitytoken: identityToken, registrytoken: registryToken, serveraddress };
}

/** An answer before the first line: what the registry said, or the engine of itself. */
function refused(error: unknown, reference: ImageReference): unknown {
  const { statusCode } = (error ?? {}) as { statusCode?: number };
  return statusCode === undefined ? error : pullError(engineText(error).trim(), statusCode, reference);
}

/** Images say it as Go does. */
const goArchitecture = (name: string): string =>
  ({ x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64' })[name] ?? name;

/** What is made for `v6` runs on `v7`, and not the other way round. */
function isNewer(variant: string | undefined, wanted: string | undefined): boolean {
  const [is, mayBe] = [variant, wanted].map((name) => Number(/^v(\d+)$/.exec(name ?? '')?.[1]));
  return is > mayBe;
}
