import { Injectable } from '@nestjs/common';
import type { CompiledQuery, Insertable, Updateable } from 'kysely';
import { AtollError } from '../common/errors/atoll-error.js';
import { decode, encode } from './codec.js';
import type { NewSandbox, Sandbox, SandboxPatch, SandboxStatus } from './sandbox.types.js';
import { Store, type Db } from './store.js';
import { SANDBOX_LAYOUT, type SandboxesTable } from './tables.js';

const DEFAULTS: Partial<Sandbox> = { portMap: {}, labels: {} };

/** Another sandbox has this name; take another one and try again. */
export class NameTakenError extends AtollError {
  constructor(readonly sandboxName: string) {
    super('CONFLICT', `A sandbox named ${sandboxName} exists already.`);
  }
}

export interface SandboxFilter {
  status?: readonly SandboxStatus[];
  owner?: string;
  image?: string;
  /** Only those with a greater ordinal. */
  after?: number;
  limit?: number;
}

/** Sandboxes as rows. Every change is a compare-and-set on the version. All methods may throw StoreError. */
@Injectable()
export class SandboxesRepository {
  /** Every call asks one of these, so they are compiled once: that is most of what such a query costs. */
  private readonly byId: CompiledQuery<object>;
  private readonly byName: CompiledQuery<object>;

  constructor(private readonly store: Store) {
    const select = store.db.selectFrom('sandboxes').selectAll();
    this.byId = select.where('id', '=', '').compile();
    this.byName = select.where('name', '=', '').compile();
  }

  /** Throws NameTakenError when a sandbox of any status has the name. The version of the new row is 1. */
  async insert(sandbox: NewSandbox, db: Db = this.store.db): Promise<Sandbox> {
    const row = await db
      .insertInto('sandboxes')
      .values(encode<Insertable<SandboxesTable>>({ ...DEFAULTS, ...sandbox }, SANDBOX_LAYOUT))
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (!row) throw new NameTakenError(sandbox.name);
    return toSandbox(row);
  }

  /** By id or by name, whatever its status and whoever owns it. */
  async find(idOrName: string): Promise<Sandbox | undefined> {
    const query = idOrName.startsWith('sb_') ? this.byId : this.byName;
    const { rows } = await this.store.db.executeQuery({ ...query, parameters: [idOrName] });
    return rows[0] === undefined ? undefined : toSandbox(rows[0] as object);
  }

  /** In order of creation; without a filter all of them, unfinished and half-deleted ones too. */
  async list(filter: SandboxFilter = {}): Promise<Sandbox[]> {
    const { status, owner, image, after, limit } = filter;
    if (status?.length === 0) return [];
    const rows = await this.store.db
      .selectFrom('sandboxes')
      .selectAll()
      .$if(status !== undefined, (query) => query.where('status', 'in', status!))
      .$if(owner !== undefined, (query) => query.where('owner', '=', owner!))
      .$if(image !== undefined, (query) => query.where('image', '=', image!))
      .$if(after !== undefined, (query) => query.where('ordinal', '>', after!))
      .$if(limit !== undefined, (query) => query.limit(limit!))
      .orderBy('ordinal')
      .execute();
    return rows.map(toSandbox);
  }

  /**
   * Changes the row if its version is still this one, and returns it with its new version. Undefined: somebody else
   * changed or deleted it meanwhile, and nothing was done; read it again and decide anew.
   */
  async update(id: string, version: number, patch: SandboxPatch, db: Db = this.store.db): Promise<Sandbox | undefined> {
    const row = await db
      .updateTable('sandboxes')
      .set(encode<Updateable<SandboxesTable>>(patch, SANDBOX_LAYOUT))
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('id', '=', id)
      .where('version', '=', version)
      .returningAll()
      .executeTakeFirst();
    return row && toSandbox(row);
  }

  /** Removes the row and its commands; with a version only if it is still that one. False: nothing was removed. */
  async delete(id: string, version?: number): Promise<boolean> {
    const result = await this.store.db
      .deleteFrom('sandboxes')
      .where('id', '=', id)
      .$if(version !== undefined, (query) => query.where('version', '=', version!))
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  /** How many there are of each status; one that no sandbox has is missing. */
  async countByStatus(): Promise<Partial<Record<SandboxStatus, number>>> {
    const rows = await this.store.db
      .selectFrom('sandboxes')
      .select(['status', (eb) => eb.fn.countAll<number>().as('count')])
      .groupBy('status')
      .execute();
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  }

  /** Running and paused sandboxes whose expiry is not after `now` (unix ms), the longest overdue first. */
  async due(now: number, limit: number): Promise<Sandbox[]> {
    const rows = await this.store.db
      .selectFrom('sandboxes')
      .selectAll()
      .where('status', 'in', ['running', 'paused'])
      .where('expiresAt', '<=', now)
      .orderBy('expiresAt')
      .orderBy('ordinal')
      .limit(limit)
      .execute();
    return rows.map(toSandbox);
  }

  /** Stopped and errored ones that ended at or before this time (unix ms), the longest ago first. */
  async endedBefore(time: number, limit: number): Promise<Sandbox[]> {
    const rows = await this.store.db
      .selectFrom('sandboxes')
      .selectAll()
      .where('status', 'in', ['stopped', 'error'])
      .where('finishedAt', '<=', time)
      .orderBy('finishedAt')
      .orderBy('ordinal')
      .limit(limit)
      .execute();
    return rows.map(toSandbox);
  }

  /** Claims of a service that is no more: whoever held them will not let go. */
  async dropClaims(): Promise<void> {
    await this.store.db
      .updateTable('sandboxes')
      .set({ claim: null, claimUntil: null })
      .where('claim', 'is not', null)
      .execute();
  }
}

const toSandbox = (row: object) => decode<Sandbox>(row, SANDBOX_LAYOUT);
