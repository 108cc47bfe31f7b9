/** What Prometheus reads minute by minute, and which alerts fire then: those and no other. */
export interface Case {
  it: string;
  /** By series, in promtool's words; the labels of a target come with each. They replace those of a service that works. */
  series: Record<string, string>;
  /** Minutes from the beginning. */
  at: number;
  fires: string[];
}

const DAY = 60;
const healthy = (part: string) => `atoll_healthy{part="${part}"}`;
const calls = (result: string) => `atoll_engine_calls_total{call="answer", result="${result}"}`;
const queries = (result: string) => `atoll_store_queries_total{operation="select", result="${result}"}`;
const requests = (status: string) =>
  `atoll_http_requests_total{method="GET", route="/v1/sandboxes", status="${status}"}`;
const sweeps = (result: string) => `atoll_sweeps_total{result="${result}"}`;
const comparisons = (result: string) => `atoll_reconciliations_total{result="${result}"}`;
const listTook = (le: string) =>
  `atoll_http_request_duration_seconds_bucket{method="GET", route="/v1/sandboxes", le="${le}"}`;
const waitTook = (le: string) =>
  `atoll_http_request_duration_seconds_bucket{method="POST", route="/v1/sandboxes/:id/stop", le="${le}"}`;
const startTook = (le: string) => `atoll_command_start_duration_seconds_bucket{le="${le}"}`;
const found = 'atoll_reconciler_findings_total{finding="differs"}';
const lost = 'atoll_agent_sessions_lost_total{transport="socket"}';
const queue = 'atoll_queue_length{queue="pulls"}';
const FREE = 'atoll_data_dir_free_bytes';

const always = (value: number) => `${value}x${DAY}`;
const growing = (perMinute: number) => `0+${perMinute}x${DAY}`;

/** A service that works, for an hour. */
export const WELL: Record<string, string> = {
  'atoll_build_info{version="1", node="26"}': always(1),
  process_start_time_seconds: always(1000),
  [healthy('store')]: always(1),
  [healthy('migrations')]: always(1),
  [healthy('data_directory')]: always(1),
  [healthy('engine')]: always(1),
  [FREE]: always(50),
  atoll_data_dir_size_bytes: always(100),
  [requests('200')]: growing(600),
  [listTook('0.1')]: growing(600),
  [listTook('+Inf')]: growing(600),
  [startTook('0.1')]: growing(60),
  [startTook('+Inf')]: growing(60),
  nodejs_eventloop_lag_p99_seconds: always(0.02),
  process_open_fds: always(100),
  process_max_fds: always(1000),
  atoll_sweep_lag_seconds: always(1),
  [sweeps('ok')]: growing(60),
  [comparisons('ok')]: growing(1),
  [calls('ok')]: growing(150),
  [queries('ok')]: growing(600),
  [queue]: always(0),
};

export const CASES: Case[] = [
  { it: 'a service that works', series: {}, at: 50, fires: [] },

  { it: 'no service at all', series: blank(WELL), at: 10, fires: ['AtollDown'] },
  { it: 'one that is gone', series: cut(WELL, 20), at: 40, fires: ['AtollDown'] },
  { it: 'one that is away for a moment', series: { ...gap(WELL, 20, 2) }, at: 23, fires: [] },

  // From one minute to the next it is another process.
  { it: 'a crash loop', series: { process_start_time_seconds: growing(60) }, at: 40, fires: ['AtollRestarts'] },
  { it: 'one restart', series: { process_start_time_seconds: `1x20 2x${DAY}` }, at: 40, fires: [] },
  { it: 'a crash loop of others', series: { 'process_start_time_seconds{job="x"}': growing(60) }, at: 40, fires: [] },

  {
    it: 'an engine that is away: of all that fails by it nothing is told twice',
    series: {
      [healthy('engine')]: `1x9 0x${DAY}`,
      [requests('503')]: growing(300),
      [calls('unavailable')]: growing(150),
      [comparisons('ok')]: always(9),
      [comparisons('failed')]: growing(6),
      atoll_sweep_lag_seconds: growing(60),
      [lost]: growing(10),
    },
    at: 45,
    fires: ['AtollEngineDown'],
  },
  { it: 'an engine that starts anew', series: { [healthy('engine')]: `1x19 0x0 1x${DAY}` }, at: 20, fires: [] },
  {
    it: 'a database that is away',
    series: {
      [healthy('store')]: `1x9 0x${DAY}`,
      [healthy('migrations')]: `1x9 0x${DAY}`,
      [requests('503')]: growing(600),
      [queries('unavailable')]: growing(600),
      [sweeps('ok')]: always(9),
      [sweeps('failed')]: growing(60),
      [comparisons('ok')]: always(9),
      [comparisons('failed')]: growing(6),
    },
    at: 45,
    fires: ['AtollStoreDown'],
  },
  {
    it: 'a database of another build',
    series: { [healthy('migrations')]: always(0) },
    at: 45,
    fires: ['AtollMigrationsWrong'],
  },
  {
    it: 'a data directory that is full',
    series: { [healthy('data_directory')]: always(0), [FREE]: always(0) },
    at: 45,
    fires: ['AtollDataDirectoryDown', 'AtollDiskNearlyFull'],
  },
  { it: 'a disk with 8 % free', series: { [FREE]: always(8) }, at: 45, fires: ['AtollDiskLow'] },
  { it: 'a disk with 12 % free', series: { [FREE]: always(12) }, at: 45, fires: [] },
  { it: 'a disk with 2 % free', series: { [FREE]: always(2) }, at: 45, fires: ['AtollDiskNearlyFull'] },

  {
    it: 'one request in eleven that fails',
    series: { [requests('500')]: growing(60) },
    at: 45,
    fires: ['AtollErrors'],
  },
  { it: 'one request in a hundred', series: { [requests('500')]: growing(6) }, at: 45, fires: [] },
  { it: 'a registry that is away', series: { [requests('502')]: growing(300) }, at: 45, fires: [] },
  { it: 'sandboxes whose disk is full', series: { [requests('507')]: growing(300) }, at: 45, fires: [] },

  {
    it: 'lists that take seconds',
    series: { [listTook('0.1')]: always(0), [listTook('5')]: growing(600) },
    at: 45,
    fires: ['AtollSlow'],
  },
  {
    it: 'stops that take seconds',
    series: { [waitTook('10')]: growing(60), [waitTook('+Inf')]: growing(60) },
    at: 45,
    fires: [],
  },
  {
    it: 'commands that start slowly',
    series: { [startTook('0.1')]: always(0), [startTook('5')]: growing(60) },
    at: 45,
    fires: ['AtollSlowCommands'],
  },
  {
    it: 'a busy CPU',
    series: { nodejs_eventloop_lag_p99_seconds: always(0.9) },
    at: 45,
    fires: ['AtollEventLoopDelay'],
  },
  {
    it: 'the busy CPU of another Node',
    series: { 'nodejs_eventloop_lag_p99_seconds{job="x"}': always(0.9) },
    at: 45,
    fires: [],
  },
  { it: 'open files without end', series: { process_open_fds: growing(20) }, at: 55, fires: ['AtollFileDescriptors'] },

  {
    it: 'sandboxes that outlive their time',
    series: { atoll_sweep_lag_seconds: growing(60) },
    at: 45,
    fires: ['AtollSweepLag'],
  },
  { it: 'one whose stop takes a while', series: { atoll_sweep_lag_seconds: always(20) }, at: 45, fires: [] },
  {
    it: 'sweeps that fail since the start',
    series: { [sweeps('ok')]: '', [sweeps('failed')]: growing(60) },
    at: 45,
    fires: ['AtollSweepsFail'],
  },
  { it: 'a sweep that failed', series: { [sweeps('failed')]: `0x10 1x${DAY}` }, at: 15, fires: [] },
  {
    it: 'comparisons that fail',
    series: { [comparisons('ok')]: `0+1x10 10x${DAY}`, [comparisons('failed')]: growing(6) },
    at: 45,
    fires: ['AtollReconcilerFails'],
  },
  { it: 'comparisons that fail now and then', series: { [comparisons('failed')]: growing(1) }, at: 45, fires: [] },
  { it: 'differences without end', series: { [found]: growing(1) }, at: 55, fires: ['AtollReconcilerFindings'] },
  { it: 'an engine that was started anew', series: { [found]: `0x20 15x${DAY}` }, at: 55, fires: [] },

  {
    it: 'calls that the engine fails',
    series: { [calls('internal')]: growing(30) },
    at: 45,
    fires: ['AtollEngineCallsFail'],
  },
  { it: 'calls that it refuses', series: { [calls('conflict')]: growing(300) }, at: 45, fires: [] },
  {
    it: 'a database that is locked',
    series: { [queries('busy')]: growing(30) },
    at: 45,
    fires: ['AtollStoreQueriesFail'],
  },
  { it: 'rows whose sandbox is gone', series: { [queries('no_parent')]: growing(30) }, at: 45, fires: [] },
  { it: 'a queue that stays long', series: { [queue]: `0x10 30x${DAY}` }, at: 45, fires: ['AtollQueueLong'] },
  { it: 'a queue that comes and goes', series: { [queue]: `0x40 90x3 0x${DAY}` }, at: 43, fires: [] },
  { it: 'channels that break', series: { [lost]: growing(1) }, at: 45, fires: ['AtollChannelsLost'] },
  { it: 'some channels that broke', series: { [lost]: `0x20 3x${DAY}` }, at: 30, fires: [] },
];

function blank(series: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(series).map((name) => [name, '']));
}

/** Its metrics end after so many minutes, as Prometheus notes it where a target does not answer. */
function cut(series: Record<string, string>, minutes: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(series).map(([name, values]) => [name, `${values.replace(`x${DAY}`, `x${minutes}`)} stale`]),
  );
}

function gap(series: Record<string, string>, from: number, minutes: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(cut(series, from)).map(([name, values]) => {
      const [begin] = values.split('x');
      const again = begin.includes('+') ? begin.replace(/^0/, '100000') : begin;
      return [name, `${values} _x${minutes - 1} ${again}x${DAY}`];
    }),
  );
}
