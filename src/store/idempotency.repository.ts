import { Injectable } from '@nestjs/common';
import type { IdempotencyEntry } from './idempotency.types.js';
import { Store } from './store.js';

/** Which requests were answered under which Idempotency-Key. All methods may throw StoreError. */
@Injectable()
export class IdempotencyRepository {
  constructor(private readonly store: Store) {}

  /** Takes a key for a request that begins. Undefined: it is ours now; else who has it. */
  async take(entry: Omit<IdempotencyEntry, 'answer'>): Promise<IdempotencyEntry | undefined> {
    const result = await this.store.db
      .insertInto('idempotency')
      .values({ ...entry, answer: null })
      .onConflict((conflict) => conflict.columns(['owner', 'key']).doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n ? undefined : this.find(entry.owner, entry.key);
  }

  async find(owner: string, key: string): Promise<IdempotencyEntry | undefined> {
    const query = this.store.db.selectFrom('idempotency').selectAll().where('owner', '=', owner).where('key', '=', key);
    return query.executeTakeFirst();
  }

  async answer(owner: string, key: string, answer: string): Promise<void> {
    const update = this.store.db.updateTable('idempotency').set({ answer });
    await update.where('owner', '=', owner).where('key', '=', key).execute();
  }

  /** The request failed, so the key stands for nothing and may be used again. */
  async drop(owner: string, key: string): Promise<void> {
    await this.store.db.deleteFrom('idempotency').where('owner', '=', owner).where('key', '=', key).execute();
  }

  /** Forgets what is older, and what a service that died left unanswered before `unansweredBefore`. */
  async prune(before: number, unansweredBefore = before): Promise<void> {
    await this.store.db
      .deleteFrom('idempotency')
      .where((eb) =>
        eb.or([
          eb('createdAt', '<', before),
          eb.and([eb('answer', 'is', null), eb('createdAt', '<', unansweredBefore)]),
        ]),
      )
      .execute();
  }
}
