import { Injectable } from '@nestjs/common';
import type { IdempotencyEntry } from './idempotency.types.js';
import { Store, type Db } from './store.js';

/** Which creates were answered under which Idempotency-Key. All methods may throw StoreError. */
@Injectable()
export class IdempotencyRepository {
  constructor(private readonly store: Store) {}

  async find(owner: string, key: string): Promise<IdempotencyEntry | undefined> {
    const query = this.store.db.selectFrom('idempotency').selectAll().where('owner', '=', owner).where('key', '=', key);
    return query.executeTakeFirst();
  }

  /**
   * Gives a key to the sandbox that is about to be made; `insteadOf` is the one that it had, which came to nothing. False: somebody else
   * has the key, or had it meanwhile.
   */
  async take(entry: Omit<IdempotencyEntry, 'answer'>, insteadOf?: string, db: Db = this.store.db): Promise<boolean> {
    if (insteadOf === undefined) {
      const insert = db.insertInto('idempotency').values({ ...entry, answer: null });
      const { numInsertedOrUpdatedRows } = await insert
        .onConflict((conflict) => conflict.columns(['owner', 'key']).doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    }
    const { numUpdatedRows } = await db
      .updateTable('idempotency')
      .set(entry)
      .where('owner', '=', entry.owner)
      .where('key', '=', entry.key)
      .where('sandboxId', '=', insteadOf)
      .where('answer', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  async answer(owner: string, key: string, answer: string, db: Db = this.store.db): Promise<void> {
    const update = db.updateTable('idempotency').set({ answer });
    await update.where('owner', '=', owner).where('key', '=', key).execute();
  }

  /** Forgets what was created before this time (unix ms). */
  async prune(before: number): Promise<void> {
    await this.store.db.deleteFrom('idempotency').where('createdAt', '<', before).execute();
  }
}
