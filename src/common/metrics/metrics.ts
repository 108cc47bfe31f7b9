import { counter, gauge, histogram } from './make.js';

/*
 * Every metric of the service, so that names and labels are seen side by side; docs/metrics.md is made from it. A label has a small, fixed
 * set of values: a route's pattern and never a path, no id, no image, no owner.
 */

// HTTP
export const httpRequests = counter(
  'atoll_http_requests_total',
  'Requests by method, pattern of the route, and status; `aborted`: the client went before its answer was at its end.',
  ['method', 'route', 'status'],
);
export const httpDuration = histogram(
  'atoll_http_request_duration_seconds',
  'From the arrival of a request to the beginning of its answer: how long a stream then lasts is its reader’s affair.',
  ['method', 'route'],
);
export const httpInFlight = gauge('atoll_http_requests_in_flight', 'Requests whose answer is not at its end.');

// Sandboxes
export const sandboxes = gauge('atoll_sandboxes', 'Sandboxes by state, as the store has them.', ['state']);
export const creates = counter(
  'atoll_sandbox_creates_total',
  'Creates by result (`created`, or the code of the error) and transport (`unknown` where it failed before one was chosen).',
  ['result', 'transport'],
);
export const createDuration = histogram('atoll_sandbox_create_duration_seconds', 'Creates that succeeded.', [
  'transport',
]);

// Commands and files
export const commandStarts = counter(
  'atoll_command_starts_total',
  'Commands by how their start went: `running`, `failed` (no such program), or the code of the error.',
  ['result'],
);
export const commandStartDuration = histogram(
  'atoll_command_start_duration_seconds',
  'From the asking for a command to its running, the store’s part included.',
);
export const commandEnds = counter('atoll_command_ends_total', 'Commands that ended, by why.', ['reason']);
export const commandsFollowed = gauge('atoll_commands_running', 'Commands that run and whose output is taken in.');
export const outputBytes = counter('atoll_command_output_bytes_total', 'Output of commands that was stored.');
export const fileBytes = counter(
  'atoll_file_bytes_total',
  'Contents of files, to (`write`) and from (`read`) sandboxes.',
  ['direction'],
);

// Channels to the agents
export const agentSessions = gauge('atoll_agent_sessions', 'Proven connections to agents that are open.', [
  'transport',
]);
export const agentSessionsOpened = counter(
  'atoll_agent_sessions_opened_total',
  'Proven connections that were opened: the first of a sandbox since it (or the service) started, or again.',
  ['transport', 'kind'],
);
export const agentSessionsLost = counter(
  'atoll_agent_sessions_lost_total',
  'Connections that broke while their sandbox was thought to run.',
  ['transport'],
);

// Engine and store
export const engineCalls = counter('atoll_engine_calls_total', 'Calls to the engine by what for, and result.', [
  'call',
  'result',
]);
export const engineCallDuration = histogram('atoll_engine_call_duration_seconds', 'Calls to the engine.', ['call']);
export const storeQueries = counter('atoll_store_queries_total', 'Queries of the database by kind and result.', [
  'operation',
  'result',
]);
export const storeQueryDuration = histogram('atoll_store_query_duration_seconds', 'Queries of the database.', [
  'operation',
]);

// What happens by itself
export const sweepLag = gauge(
  'atoll_sweep_lag_seconds',
  'How far past its time the most overdue sandbox was at the last sweep; 0: none was.',
);
export const sweeps = counter('atoll_sweeps_total', 'Sweeps for expired sandboxes, by result.', ['result']);
export const reconciliations = counter(
  'atoll_reconciliations_total',
  'Comparisons of the store with the engine, by result.',
  ['result'],
);
export const reconcilerFindings = counter(
  'atoll_reconciler_findings_total',
  'What comparisons found: a row that `differs` from its container, a container to be `adopted`, one that was `removed`.',
  ['finding'],
);
export const queueLength = gauge(
  'atoll_queue_length',
  'Who waits: pulls for a place, calls for their turn at a sandbox, calls for a connection to an agent.',
  ['queue'],
);

// Health
export const healthy = gauge('atoll_healthy', 'Whether a part works (1) or not (0), as /v1/health/ready says.', [
  'part',
]);
export const dataDirFree = gauge('atoll_data_dir_free_bytes', 'Free for the service where its data directory lies.');
export const dataDirSize = gauge('atoll_data_dir_size_bytes', 'Size of the file system of the data directory.');
export const buildInfo = gauge('atoll_build_info', 'Always 1.', ['version', 'node']);
