import { Logger } from '@nestjs/common';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { isStoreError, StoreError } from './store.error.js';

const CONNECT_MS = 5_000;
const CONNECTIONS = 10;
const INT8 = 20;

/**
 * A pool of connections in the shape that Kysely expects. Statements end after `statementMs` at the server, and a
 * little later here when the server is silent. A lost server is a StoreError for the queries that it hits, and a
 * warning in the log otherwise; the next query connects again.
 */
export function openPostgres(url: string, statementMs: number): PostgresPool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'atoll',
    max: CONNECTIONS,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementMs,
    query_timeout: statementMs + 2_000,
    idle_in_transaction_session_timeout: statementMs + 2_000,
    types: { getTypeParser },
  });
  const logger = new Logger('Store');
  pool.on('error', (error) => logger.warn(`A connection to PostgreSQL was lost: ${error.message}`));
  // A connection that breaks while it is lent out emits too, and an error that nobody listens to ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const connect = async () => {
    try {
      return lend(await pool.connect());
    } catch (error) {
      throw translate(error);
    }
  };
  return { options: pool.options, connect, end: () => pool.end() };
}

function lend(client: pg.PoolClient): PostgresPoolClient {
  let broken = false;
  const query = async (text: string, parameters: unknown[]) => {
    try {
      return await client.query(text, parameters);
    } catch (error) {
      const known = translate(error);
      // After a time-out on this side the answer may still arrive, and must not meet another query.
      if (isStoreError(known, 'unavailable')) broken = true;
      throw known;
    }
  };
  // Kysely's other form of `query` takes a cursor, for streams; nothing here streams.
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy || broken),
  };
}

/** bigint comes as text; ours are times, lengths and counts, which a number holds exactly. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === INT8 && format !== 'binary') return safeInteger;
  return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('A bigint of the database does not fit in a number.');
  return value;
}

/**
 * SQLSTATEs, by class or in full: connection, authorization, no such database, too many connections, operator (shut
 * down, statement time-out), read-only (a replica after a failover), lost a race between transactions.
 */
const UNAVAILABLE = /^(08|28|3D|53300|57|25006|40|55P03)/;

function translate(error: unknown): Error {
  if (error instanceof pg.DatabaseError) {
    if (error.code === '23503') return new StoreError('no_parent', { cause: error });
    if (error.code === '53100') return new StoreError('full', { cause: error });
    return UNAVAILABLE.test(error.code ?? '') ? new StoreError('unavailable', { cause: error }) : error;
  }
  // Bugs of ours. All else that pg throws without a SQLSTATE is about the connection.
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return error;
  return new StoreError('unavailable', { cause: error });
}
