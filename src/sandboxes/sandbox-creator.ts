import { Injectable, Logger } from '@nestjs/common';
import { badRequest } from '../common/errors/atoll-error.js';
import { newId, newSecret } from '../common/ids.js';
import { DEFAULT_OWNER } from '../common/auth/owner.js';
import { Images } from '../engine/images.js';
import type { ImageInfo } from '../engine/types.js';
import { isEngineError } from '../engine/errors.js';
import { AgentSetup, type Setup } from '../guest/agent-setup.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { NameTakenError, SandboxesRepository } from '../store/sandboxes.repository.js';
import { newName } from './names.js';
import type { SandboxPlan } from './sandbox-plan.js';
import { SandboxRunner } from './sandbox-runner.js';

const NAME_ATTEMPTS = 50;

/** Create is all or nothing: the intent is stored first, and whatever fails takes everything back. */
@Injectable()
export class SandboxCreator {
  private readonly logger = new Logger(SandboxCreator.name);

  constructor(
    private readonly images: Images,
    private readonly setup: AgentSetup,
    private readonly sandboxes: SandboxesRepository,
    private readonly runner: SandboxRunner,
  ) {}

  async create(plan: SandboxPlan): Promise<Sandbox> {
    const [image, setup] = await Promise.all([this.imageOf(plan.image), this.setup.ready()]);
    const intent = await this.record(plan, image, setup);
    try {
      await this.runner.create(intent, setup, image.config.env.map(nameOf));
      const facts = await this.runner.start(intent);
      const expiresAt = facts.startedAt + plan.timeoutS * 1000;
      const running = await this.sandboxes.update(intent.id, intent.version, {
        ...facts,
        status: 'running',
        expiresAt,
      });
      if (!running) throw new Error('somebody else changed a sandbox that was being created');
      return running;
    } catch (error) {
      if (isEngineError(error, 'no_such_image')) throw await this.undo(intent, noImage(plan.image));
      throw await this.undo(intent, error);
    }
  }

  private async imageOf(reference: string): Promise<ImageInfo> {
    const image = await this.images.inspect(reference);
    if (!image) throw noImage(reference);
    return image;
  }

  /** Names are drawn until one is free. */
  private async record(plan: SandboxPlan, image: ImageInfo, { transport }: Setup): Promise<Sandbox> {
    const { env, ...asked } = plan;
    const guest = {
      env: [...image.config.env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      workingDir: image.config.workingDir || '/',
      user: image.config.user,
    };
    const fixed = {
      id: newId('sb'),
      owner: DEFAULT_OWNER,
      imageId: image.id,
      createdAt: Date.now(),
      secret: newSecret(),
      transport,
      guest,
    };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.sandboxes.insert({ ...asked, ...fixed, name: newName(), status: 'creating' });
      } catch (error) {
        if (!(error instanceof NameTakenError) || attempt === NAME_ATTEMPTS) throw error;
      }
    }
  }

  /** What can't be taken back now is left as an intent, for the reconciler. Returns the first error, to be thrown. */
  private async undo(intent: Sandbox, error: unknown): Promise<unknown> {
    try {
      await this.runner.remove(intent.id);
      await this.sandboxes.delete(intent.id);
    } catch (undoing) {
      this.logger.error(
        { err: undoing as Error, sandboxId: intent.id },
        'could not take back a failed create; the reconciler will',
      );
    }
    return error;
  }
}

const nameOf = (line: string): string => line.split('=', 1)[0];

const noImage = (reference: string) =>
  badRequest(
    `image "${reference}" is not on this engine; pull it first: POST /v1/images/pull {"image":${JSON.stringify(reference)}}`,
    { field: 'image' },
  );
