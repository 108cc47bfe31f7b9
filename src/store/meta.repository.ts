import { Injectable } from '@nestjs/common';
import { Store } from './store.js';

/** Facts about this installation by key: its instance id, what it found out about an engine. May throw StoreError. */
@Injectable()
export class MetaRepository {
  constructor(private readonly store: Store) {}

  async get(key: string): Promise<string | undefined> {
    const row = await this.store.db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst();
    return row?.value;
  }

  /** Puts the value if the key has none, and returns the one that is in force: of two who try at once, both get the same. */
  async putIfAbsent(key: string, value: string): Promise<string> {
    const row = await this.store.db
      .insertInto('meta')
      .values({ key, value })
      // Setting what is there already: DO NOTHING would return no row.
      .onConflict((conflict) => conflict.column('key').doUpdateSet((eb) => ({ value: eb.ref('meta.value') })))
      .returning('value')
      .executeTakeFirstOrThrow();
    return row.value;
  }

  /** Puts the value whether or not the key has one. */
  async set(key: string, value: string): Promise<void> {
    await this.store.db
      .insertInto('meta')
      .values({ key, value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
      .execute();
  }
}
