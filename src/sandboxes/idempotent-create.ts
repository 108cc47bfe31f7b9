import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { DEFAULT_OWNER } from '../common/auth/owner.js';
import { AtollError, badRequest } from '../common/errors/atoll-error.js';
import { IdempotencyRepository } from '../store/idempotency.repository.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import type { CreatedSandbox } from './dto/sandbox.responses.dto.js';
import { KeyInUse, type KeyUse } from './sandbox-intents.js';
import { SandboxSync } from './sandbox-sync.js';
import { isVisible, toCreated } from './sandbox-view.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * `Idempotency-Key`: a create that is sent again answers as it did the first time, whatever became of the service in between.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 *
 * A key is bound to its sandbox's id by the transaction that stores the intent, and answered by the one that says that it runs. So what
 * became of an unanswered one is told by that sandbox: it is being made, or it is not there and the key is free.
 */
@Injectable()
export class IdempotentCreate {
  constructor(
    private readonly entries: IdempotencyRepository,
    private readonly sandboxes: SandboxesRepository,
    private readonly sync: SandboxSync,
  ) {}

  /** Runs the create once per key. 422 when the key came with another body, 409 while its first request is under way. */
  async run(
    key: string | undefined,
    body: object,
    create: (use?: KeyUse) => Promise<CreatedSandbox>,
  ): Promise<CreatedSandbox> {
    if (key === undefined) return create();
    const { made, use } = await this.look(key, body);
    return made ?? create(use);
  }

  /** Whether `run` would answer with what was made before. Throws as it does. */
  async isAnswered(key: string | undefined, body: object): Promise<boolean> {
    return key !== undefined && (await this.look(key, body)).made !== undefined;
  }

  /** What was made with the key, or how to make it. */
  private async look(key: string, body: object): Promise<{ made?: CreatedSandbox; use?: KeyUse }> {
    if (!KEY.test(key)) throw badRequest('Idempotency-Key must be 1 to 255 visible ASCII characters');
    const bodyHash = createHash('sha256').update(canonical(body)).digest('hex');
    const earlier = await this.entries.find(DEFAULT_OWNER, key);
    if (!earlier) return { use: { key, bodyHash } };
    const { sandboxId, answer } = earlier;
    const made = answer === null ? await this.made(sandboxId!) : (JSON.parse(answer) as CreatedSandbox);
    if (!made) return { use: { key, bodyHash, insteadOf: sandboxId! } };
    if (bodyHash !== earlier.bodyHash)
      throw new AtollError('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another body');
    if (made === 'under way') throw new KeyInUse();
    return { made };
  }

  /** What became of a create that has not been answered. Undefined: nothing, also after clearing away what a dead service left of it. */
  private async made(sandboxId: string): Promise<CreatedSandbox | 'under way' | undefined> {
    let row = await this.sandboxes.find(sandboxId);
    if (row?.status === 'creating') {
      await this.sync.sync(sandboxId);
      row = await this.sandboxes.find(sandboxId);
    }
    if (!row) return undefined;
    return isVisible(row) ? toCreated(row) : 'under way';
  }
}

/** The same text for the same request, however its fields are ordered. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
    .join()}}`;
}
