import type { Kysely } from 'kysely';

export type DatabaseKind = 'sqlite' | 'postgres';

/** One step of the schema. Forward only: a published one is never edited, a mistake is mended by the next. */
export interface StoreMigration {
  up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void>;
}
