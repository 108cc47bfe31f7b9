import type { LogEvent, RootOperationNode } from 'kysely';
import { storeQueries, storeQueryDuration } from '../common/metrics/metrics.js';
import { beginSpan, type SpanStart } from '../common/traces/tracing.js';
import type { DatabaseKind } from './migrations/migration.js';
import { StoreError } from './store.error.js';

/** Kysely's own names for kinds of statements, in ours. */
const OPERATIONS: Record<string, string> = {
  SelectQueryNode: 'select',
  InsertQueryNode: 'insert',
  UpdateQueryNode: 'update',
  DeleteQueryNode: 'delete',
};

/** As OpenTelemetry calls them. */
const SYSTEMS: Record<DatabaseKind, string> = { sqlite: 'sqlite', postgres: 'postgresql' };

/** Counts each query, and makes it a step of the request's trace. Called by Kysely when it has been answered. */
export function observeQuery(event: LogEvent, kind: DatabaseKind): void {
  const operation = OPERATIONS[event.query.query.kind] ?? 'other';
  const result = event.level === 'query' ? 'ok' : resultOf(event.error);
  storeQueryDuration.observe({ operation }, event.queryDurationMillis / 1000);
  storeQueries.inc({ operation, result });
  const span = beginSpan(() => spanOf(event, operation, kind));
  span?.end(result === 'ok' ? {} : { error: result });
}

const resultOf = (error: unknown): string => (error instanceof StoreError ? error.kind : 'failed');

/** The kind of statement and its table, not its text: the same few for ever. */
function spanOf({ query, queryDurationMillis }: LogEvent, operation: string, kind: DatabaseKind): SpanStart {
  const table = tableOf(query.query);
  const collection: Record<string, string> = table === undefined ? {} : { 'db.collection.name': table };
  return {
    name: table === undefined ? `store: ${operation}` : `store: ${operation} ${table}`,
    attributes: { 'db.system.name': SYSTEMS[kind], 'db.operation.name': operation, ...collection },
    ago: queryDurationMillis,
  };
}

/** Of a statement on one table; undefined for what has no such thing. */
function tableOf(node: RootOperationNode): string | undefined {
  let at: unknown;
  if (node.kind === 'SelectQueryNode' || node.kind === 'DeleteQueryNode') at = node.from?.froms[0];
  else if (node.kind === 'InsertQueryNode') at = node.into;
  else if (node.kind === 'UpdateQueryNode') at = node.table;
  return (at as { table?: { identifier?: { name?: string } } } | undefined)?.table?.identifier?.name;
}
