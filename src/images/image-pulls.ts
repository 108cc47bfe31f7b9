import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { AtollError } from '../common/errors/atoll-error.js';
import { Config } from '../config/config.js';
import { fullName, parseReference } from '../engine/image-reference.js';
import { Images, type PullRequest, type RegistryAuth } from '../engine/images.js';
import { PulledImagesRepository } from '../store/pulled-images.repository.js';
import { ImagePolicy } from './image-policy.js';
import { Pull } from './pull.js';
import { PullStream } from './pull-stream.js';
import { RegistryCredentials } from './registry-credentials.js';
import { Slots } from './slots.js';

/** An image to pull, as a client asks for it. */
export interface Wish {
  image: string;
  platform?: string;
  auth?: RegistryAuth;
}

/**
 * Pulls: those of one image at once are one; so many are under way at once, the others in line; each has a deadline; and one that nobody waits
 * for any more is given up.
 */
@Injectable()
export class ImagePulls implements OnModuleDestroy {
  private readonly logger = new Logger(ImagePulls.name);
  private readonly underWay = new Map<string, Pull>();
  private readonly slots: Slots;

  constructor(
    private readonly config: Config,
    private readonly images: Images,
    private readonly policy: ImagePolicy,
    private readonly credentials: RegistryCredentials,
    private readonly pulled: PulledImagesRepository,
  ) {
    this.slots = new Slots(config.images.maxPulls);
  }

  onModuleDestroy(): void {
    for (const pull of this.underWay.values())
      pull.giveUp(new AtollError('ENGINE_UNAVAILABLE', 'the service is stopping', { retryAfter: 2 }));
  }

  /** Resolves when the image is there. The signal says that this one does not wait any longer. Throws what `Images.pull` does, TIMEOUT, and FORBIDDEN. */
  async pull(wish: Wish, signal: AbortSignal): Promise<void> {
    const request = await this.request(wish);
    const pull = this.find(request);
    const leave = pull.join();
    const gone = Promise.withResolvers<never>();
    const onAbort = () => gone.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await Promise.race([pull.done, gone.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      leave();
    }
  }

  /** The same, with its progress; iterate it, or call its `return`: it waits from now on. */
  async follow(wish: Wish): Promise<PullStream> {
    const request = await this.request(wish);
    return new PullStream(wish.image, this.find(request));
  }

  private async request({ image, platform, auth }: Wish): Promise<PullRequest> {
    const reference = parseReference(image);
    this.policy.check(reference);
    return { reference, platform, auth: auth ?? (await this.credentials.find(reference.domain)) };
  }

  /** To be joined at once: what the last one has left by then is given up. */
  private find(request: PullRequest): Pull {
    const key = keyOf(request);
    const there = this.underWay.get(key);
    if (there && !there.givenUp) return there;
    const pull = new Pull((onProgress, signal) => this.run(request, onProgress, signal));
    this.underWay.set(key, pull);
    const forget = () => {
      if (this.underWay.get(key) === pull) this.underWay.delete(key);
    };
    pull.done.then(forget, forget);
    return pull;
  }

  private async run(
    request: PullRequest,
    onProgress: Parameters<Images['pull']>[1],
    given: AbortSignal,
  ): Promise<void> {
    const { pullTimeoutMs } = this.config.images;
    const image = fullName(request.reference);
    const begun = Date.now();
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(new AtollError('TIMEOUT', `pulling ${image} took longer than ${pullTimeoutMs} ms`));
    }, pullTimeoutMs);
    const signal = AbortSignal.any([given, late.signal]);
    try {
      await this.slots.run(signal, async () => {
        const before = await this.images.inspect(image, signal);
        await this.images.pull(request, onProgress, signal);
        await this.record(image, before?.id);
      });
      this.logger.log({ image, milliseconds: Date.now() - begun }, 'pulled');
    } catch (error) {
      // Whatever a call that was given up says, why it was given up says more.
      const reason = signal.aborted ? (signal.reason as Error) : (error as Error);
      this.logger.warn({ image, milliseconds: Date.now() - begun, err: reason }, 'could not pull');
      throw reason;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What it brought, this service may remove by itself later; what was there already, only if that was its own, too. */
  private async record(reference: string, before: string | undefined): Promise<void> {
    try {
      const image = await this.images.inspect(reference);
      if (!image) return;
      const now = Date.now();
      if (image.id === before) await this.pulled.use(image.id, now);
      else await this.pulled.record({ reference, imageId: image.id, usedAt: now });
    } catch (error) {
      this.logger.warn({ image: reference, err: error as Error }, 'could not keep in mind what was pulled');
    }
  }
}

/** Who has other credentials is not joined: what the registry says to one is not for the other. The credentials themselves are not kept for this. */
function keyOf({ reference, platform, auth }: PullRequest): string {
  const text = JSON.stringify([fullName(reference), platform ?? null, auth ?? null]);
  return createHash('sha256').update(text).digest('hex');
}
