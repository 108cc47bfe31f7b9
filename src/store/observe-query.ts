import type { LogEvent } from 'kysely';
import { storeQueries, storeQueryDuration } from '../common/metrics/metrics.js';
import { StoreError } from './store.error.js';

/** Kysely's own names for kinds of statements, in ours. */
const OPERATIONS: Record<string, string> = {
  SelectQueryNode: 'select',
  InsertQueryNode: 'insert',
  UpdateQueryNode: 'update',
  DeleteQueryNode: 'delete',
};

/** Counts each query. Called by Kysely when it has been answered. */
export function observeQuery(event: LogEvent): void {
  const operation = OPERATIONS[event.query.query.kind] ?? 'other';
  storeQueryDuration.observe({ operation }, event.queryDurationMillis / 1000);
  storeQueries.inc({ operation, result: event.level === 'query' ? 'ok' : resultOf(event.error) });
}

const resultOf = (error: unknown): string => (error instanceof StoreError ? error.kind : 'failed');
