import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { AtollError, badRequest, conflict } from '../common/errors/atoll-error.js';
import { DEFAULT_OWNER } from '../common/auth/owner.js';
import { IdempotencyRepository } from '../store/idempotency.repository.js';
import type { CreatedSandbox } from './dto/sandbox.responses.dto.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * `Idempotency-Key`: a create that is sent again answers as it did the first time, after a restart too.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
@Injectable()
export class IdempotentCreate {
  constructor(private readonly entries: IdempotencyRepository) {}

  /** Runs the create once per key. 422 when the key came with another body, 409 while its first request is under way. */
  async run(key: string | undefined, body: object, create: () => Promise<CreatedSandbox>): Promise<CreatedSandbox> {
    if (key === undefined) return create();
    if (!KEY.test(key)) throw badRequest('Idempotency-Key must be 1 to 255 visible ASCII characters');
    const bodyHash = createHash('sha256').update(canonical(body)).digest('hex');
    const earlier = await this.entries.take({ owner: DEFAULT_OWNER, key, bodyHash, createdAt: Date.now() });
    if (earlier) return answerOf(earlier.bodyHash === bodyHash, earlier.answer);
    const created = await this.orDrop(key, create);
    await this.entries.answer(DEFAULT_OWNER, key, JSON.stringify(created));
    return created;
  }

  /** When nothing was made the key stands for nothing: the same request may be tried again. */
  private async orDrop(key: string, create: () => Promise<CreatedSandbox>): Promise<CreatedSandbox> {
    try {
      return await create();
    } catch (error) {
      await this.entries.drop(DEFAULT_OWNER, key);
      throw error;
    }
  }
}

function answerOf(sameBody: boolean, answer: string | null): CreatedSandbox {
  if (!sameBody) throw new AtollError('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another body');
  if (answer === null) throw conflict('the first request with this Idempotency-Key is still under way');
  return JSON.parse(answer) as CreatedSandbox;
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
