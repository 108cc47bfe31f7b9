import { Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Clock } from '../common/clock.js';
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
import { startedState } from './sandbox-states.js';
import { SandboxRunner } from './sandbox-runner.js';
import { CLAIM_MS } from './transitions.js';

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
    private readonly clock: Clock,
  ) {}

  async create(plan: SandboxPlan): Promise<Sandbox> {
    const [image, setup] = await Promise.all([this.imageOf(plan.image), this.setup.ready()]);
    const intent = await this.record(plan, image, setup);
    try {
      await this.runner.create(intent, setup, image.config.env.map(nameOf));
      const facts = await this.runner.start(intent);
      const patch = { ...startedState(intent, facts, this.clock.now()), claim: null, claimUntil: null };
      const running = await this.sandboxes.update(intent.id, intent.version, patch);
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
    // Claimed from its first moment: only when its creator has died does anybody else touch it.
    const claim = { claim: randomUUID(), claimUntil: this.clock.now() + CLAIM_MS };
    const fixed = {
      ...claim,
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

  /** What can't be taken back now is left as an intent, without its claim, for the reconciler. Returns the first error, to be thrown. */
  private async undo(intent: Sandbox, error: unknown): Promise<unknown> {
    try {
      await this.runner.remove(intent.id);
      await this.sandboxes.delete(intent.id);
    } catch (undoing) {
      this.logger.error(
        { err: undoing as Error, sandboxId: intent.id },
        'could not take back a failed create; the reconciler will',
      );
      const free = { claim: null, claimUntil: null };
      await this.sandboxes.update(intent.id, intent.version, free).catch(() => undefined); // then it lapses
    }
    return error;
  }
}

const nameOf = (line: string): string => line.split('=', 1)[0];

const noImage = (reference: string) =>
  badRequest(`image "${reference}" is not on this engine; pull it there first: docker pull ${reference}`, {
    field: 'image',
  });
