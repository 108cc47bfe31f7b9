import { Injectable } from '@nestjs/common';
import type { CompiledQuery, Insertable, Updateable } from 'kysely';
import { decode, encode } from './codec.js';
import type { Command, CommandPatch, CommandProgress, CommandState, NewCommand } from './command.types.js';
import { isStoreError, StoreError } from './store.error.js';
import { Store } from './store.js';
import { COMMAND_LAYOUT, type CommandsTable } from './tables.js';

/** A value for every column, in the order of the layout. */
const NOTHING = Object.fromEntries(Object.keys(COMMAND_LAYOUT).map((name) => [name, null]));
const AT_FIRST: Partial<Command> = { state: 'running', finishedAt: null, outputLength: 0 };
/** Most rows that one `prune` removes. SQLite wants a limit where there is an offset. */
const PRUNED_AT_ONCE = 10_000;

export interface CommandFilter {
  state?: CommandState;
  after?: number;
  limit?: number;
}

/**
 * Commands as rows; they go with their sandbox. One runs if and only if it has no `finishedAt`.
 * All methods may throw StoreError.
 */
@Injectable()
export class CommandsRepository {
  /** Compiled once, with all columns: it is asked for with every command. */
  private readonly inserting: CompiledQuery<object>;
  /** Compiled once for each set of columns that is changed: one of them ends every command. */
  private readonly updating = new Map<string, CompiledQuery<object>>();

  constructor(private readonly store: Store) {
    const columns = encode<Insertable<CommandsTable>>(NOTHING, COMMAND_LAYOUT);
    this.inserting = store.db.insertInto('commands').values(columns).returningAll().compile();
  }

  /** Throws StoreError `no_parent` (a 404) when its sandbox is gone. */
  async insert(command: NewCommand): Promise<Command> {
    try {
      const columns = encode<Record<string, unknown>>({ ...NOTHING, ...command, ...AT_FIRST }, COMMAND_LAYOUT);
      const { rows } = await this.store.db.executeQuery({ ...this.inserting, parameters: Object.values(columns) });
      return toCommand(rows[0] as object);
    } catch (error) {
      if (!isStoreError(error, 'no_parent')) throw error;
      throw new StoreError('no_parent', { message: 'The sandbox was deleted.', cause: error });
    }
  }

  async get(sandboxId: string, id: string): Promise<Command | undefined> {
    const row = await this.ofSandbox(sandboxId).where('id', '=', id).executeTakeFirst();
    return row && toCommand(row);
  }

  /** Those that are kept, in the order they were started: all, or those in a state, behind an ordinal, so many at most. */
  async list(sandboxId: string, { state, after, limit }: CommandFilter = {}): Promise<Command[]> {
    const rows = await this.ofSandbox(sandboxId)
      .$if(state !== undefined, (query) => query.where('state', '=', state!))
      .$if(after !== undefined, (query) => query.where('ordinal', '>', after!))
      .orderBy('ordinal')
      .$if(limit !== undefined, (query) => query.limit(limit!))
      .execute();
    return rows.map(toCommand);
  }

  /** Those that have not finished, in the order they were started. */
  async running(sandboxId: string): Promise<Command[]> {
    const rows = await this.ofSandbox(sandboxId).where('finishedAt', 'is', null).orderBy('ordinal').execute();
    return rows.map(toCommand);
  }

  /** How many are kept, running ones too. */
  async count(sandboxId: string): Promise<number> {
    const row = await this.store.db
      .selectFrom('commands')
      .select((eb) => eb.fn.countAll<number>().as('rows'))
      .where('sandboxId', '=', sandboxId)
      .executeTakeFirstOrThrow();
    return row.rows;
  }

  /** Notes how far a running command has come. Undefined: it has finished or is gone, and nothing was done. */
  async progress(id: string, patch: CommandProgress): Promise<Command | undefined> {
    return this.whileRunning(id, patch);
  }

  /** Ends a running command, once: of two who try, one gets the row and the other undefined, as for one that is gone. */
  async finish(id: string, end: CommandPatch): Promise<Command | undefined> {
    return this.whileRunning(id, end);
  }

  /**
   * Ends all running commands of a sandbox, but those of the incarnation that is given (the one that is alive).
   * Returns what it ended, in the order they were started.
   */
  async finishAll(sandboxId: string, end: CommandPatch, options: { except?: string } = {}): Promise<Command[]> {
    const rows = await this.store.db
      .updateTable('commands')
      .set(encode<Updateable<CommandsTable>>(end, COMMAND_LAYOUT))
      .where('sandboxId', '=', sandboxId)
      .where('finishedAt', 'is', null)
      .$if(options.except !== undefined, (query) => query.where('incarnation', '<>', options.except!))
      .returningAll()
      .execute();
    return rows.map(toCommand).sort((a, b) => a.ordinal - b.ordinal);
  }

  /** Forgets a command in whatever state. False: there was none. */
  async delete(id: string): Promise<boolean> {
    const result = await this.store.db.deleteFrom('commands').where('id', '=', id).executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  /**
   * Removes finished commands, those that finished first, until at most `keep` finished ones are left; running ones
   * are not counted. Returns the ids of those removed, in that order, at most 10,000 at once.
   */
  async prune(sandboxId: string, keep: number): Promise<string[]> {
    const rows = await this.store.db
      .deleteFrom('commands')
      .where('ordinal', 'in', (eb) =>
        eb
          .selectFrom('commands')
          .select('ordinal')
          .where('sandboxId', '=', sandboxId)
          .where('finishedAt', 'is not', null)
          .orderBy('finishedAt', 'desc')
          .orderBy('ordinal', 'desc')
          .limit(PRUNED_AT_ONCE)
          .offset(keep),
      )
      .returning(['id', 'ordinal', 'finishedAt'])
      .execute();
    rows.sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0) || a.ordinal - b.ordinal);
    return rows.map((row) => row.id);
  }

  private ofSandbox(sandboxId: string) {
    return this.store.db.selectFrom('commands').selectAll().where('sandboxId', '=', sandboxId);
  }

  private async whileRunning(id: string, patch: CommandProgress | CommandPatch): Promise<Command | undefined> {
    const columns = encode<Updateable<CommandsTable>>(patch, COMMAND_LAYOUT);
    const parameters = [...Object.values(columns), id, 'running'];
    const { rows } = await this.store.db.executeQuery({ ...this.updateOf(columns), parameters });
    return rows[0] === undefined ? undefined : toCommand(rows[0] as object);
  }

  private updateOf(columns: Updateable<CommandsTable>): CompiledQuery<object> {
    const key = Object.keys(columns).join();
    const known = this.updating.get(key);
    if (known) return known;
    const query = this.store.db
      .updateTable('commands')
      .set(columns)
      .where('id', '=', '')
      .where('state', '=', 'running');
    const compiled = query.returningAll().compile();
    this.updating.set(key, compiled);
    return compiled;
  }
}

const toCommand = (row: object) => decode<Command>(row, COMMAND_LAYOUT);
