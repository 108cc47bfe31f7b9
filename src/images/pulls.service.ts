import { Injectable } from '@nestjs/common';
import type { RegistryAuth } from '../engine/images.js';
import type { PullImageRequest, RegistryAuthRequest } from './dto/pull-image.dto.js';
import { ImagePulls, type Wish } from './image-pulls.js';
import type { PullStream } from './pull-stream.js';

/** Pulls as clients ask for them. */
@Injectable()
export class PullsService {
  constructor(private readonly pulls: ImagePulls) {}

  /** Resolves when the image is there. The signal: the client has gone. */
  pull(request: PullImageRequest, signal: AbortSignal): Promise<void> {
    return this.pulls.pull(toWish(request), signal);
  }

  follow(request: PullImageRequest): Promise<PullStream> {
    return this.pulls.follow(toWish(request));
  }
}

const toWish = ({ image, platform, auth }: PullImageRequest): Wish => ({ image, platform, auth: auth && toAuth(auth) });

const toAuth = ({ username, password, identity_token, registry_token }: RegistryAuthRequest): RegistryAuth => ({
  username,
  password,
  identityToken: identity_token,
  registryToken: registry_token,
});
