import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DEFAULT_OWNER } from '../common/auth/owner.js';
import { Clock } from '../common/clock.js';
import { AtollError } from '../common/errors/atoll-error.js';
import { newId, newSecret } from '../common/ids.js';
import type { ImageInfo } from '../engine/types.js';
import type { Setup } from '../guest/agent-setup.js';
import { IdempotencyRepository } from '../store/idempotency.repository.js';
import type { NewSandbox, Sandbox, SandboxPatch } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import { Store } from '../store/store.js';
import { underFreeName } from './free-name.js';
import type { SandboxPlan } from './sandbox-plan.js';
import { toCreated } from './sandbox-view.js';
import { CLAIM_MS } from './transitions.js';

/** The Idempotency-Key that a create is made under. */
export interface KeyUse {
  key: string;
  /** Of the request's body, hex. */
  bodyHash: string;
  /** The sandbox of an earlier request with this key, which came to nothing. */
  insteadOf?: string;
}

/** Another request has the key, and has not been answered. */
export class KeyInUse extends AtollError {
  constructor() {
    super('CONFLICT', 'the first request with this Idempotency-Key is still under way');
  }
}

/** A create as the store knows it: first that it shall be, then that it is. Its Idempotency-Key goes with it, in the same transactions. */
@Injectable()
export class SandboxIntents {
  constructor(
    private readonly store: Store,
    private readonly sandboxes: SandboxesRepository,
    private readonly entries: IdempotencyRepository,
    private readonly clock: Clock,
  ) {}

  /** Stores the intent, claimed, under a name that is free. Throws KeyInUse. */
  async record(plan: SandboxPlan, image: ImageInfo, { transport }: Setup, use?: KeyUse): Promise<Sandbox> {
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
    return underFreeName((name) => this.insert({ ...asked, ...fixed, name, status: 'creating' }, use));
  }

  /** It runs: lets go of the claim, and answers its key. */
  async fulfil(intent: Sandbox, state: SandboxPatch, use?: KeyUse): Promise<Sandbox> {
    const patch = { ...state, claim: null, claimUntil: null };
    if (!use) return changed(await this.sandboxes.update(intent.id, intent.version, patch));
    return this.store.together(async (db) => {
      await this.entries.answer(intent.owner, use.key, JSON.stringify(toCreated(intent)), db);
      return changed(await this.sandboxes.update(intent.id, intent.version, patch, db));
    });
  }

  /** It came to nothing, and nothing of it is left; its key is free with that. */
  async drop(intent: Sandbox): Promise<void> {
    await this.sandboxes.delete(intent.id);
  }

  /** It came to nothing, but something may be left: whoever compares the store with the engine clears it. */
  async leave(intent: Sandbox): Promise<void> {
    const free = { claim: null, claimUntil: null };
    await this.sandboxes.update(intent.id, intent.version, free).catch(() => undefined); // then it lapses
  }

  private insert(sandbox: NewSandbox, use?: KeyUse): Promise<Sandbox> {
    if (!use) return this.sandboxes.insert(sandbox);
    const { key, bodyHash, insteadOf } = use;
    const entry = { owner: sandbox.owner, key, bodyHash, createdAt: sandbox.createdAt, sandboxId: sandbox.id };
    return this.store.together(async (db) => {
      if (!(await this.entries.take(entry, insteadOf, db))) throw new KeyInUse();
      return this.sandboxes.insert(sandbox, db);
    });
  }
}

function changed(row: Sandbox | undefined): Sandbox {
  if (!row) throw new Error('somebody else changed a sandbox that was being created');
  return row;
}
