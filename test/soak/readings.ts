import { readdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import type { HttpClient } from '../bench/http-client.js';
import type { ServiceProcess } from '../bench/service-process.js';

/** What must not grow, each looked at from outside the service. */
export const SERIES = {
  memory: { title: 'resident memory of the service', unit: 'MB' },
  heap: { title: 'V8 heap in use', unit: 'MB' },
  handles: { title: 'open file descriptors of the service', unit: '' },
  containers: { title: 'containers of Atoll on the engine', unit: '' },
  sessions: { title: 'connections to agents', unit: '' },
  sandboxes: { title: 'rows of sandboxes', unit: '' },
  commands: { title: 'rows of commands', unit: '' },
  folders: { title: 'folders of output and sockets', unit: '' },
} as const;

export type Series = keyof typeof SERIES;
export type Reading = { second: number } & Record<Series, number>;

export class Readings {
  private readonly begun = Date.now();

  constructor(
    private readonly service: ServiceProcess,
    private readonly engine: HttpClient,
  ) {}

  async take(): Promise<Reading> {
    const metrics = await this.service.metrics();
    const filters = encodeURIComponent(JSON.stringify({ label: ['dev.atoll.sandbox'] }));
    const containers = await this.engine.json<unknown[]>(
      { method: 'GET', path: `/containers/json?all=true&filters=${filters}` },
      200,
    );
    return {
      second: Math.round((Date.now() - this.begun) / 1000),
      memory: megabytes(sum(metrics, 'process_resident_memory_bytes')),
      heap: megabytes(sum(metrics, 'nodejs_heap_size_used_bytes')),
      handles: sum(metrics, 'process_open_fds'),
      containers: containers.length,
      sessions: sum(metrics, 'atoll_agent_sessions'),
      ...this.rows(),
      folders: count(join(this.service.dataDir, 'output')) + count(join(this.service.dataDir, 'run')),
    };
  }

  private rows(): { sandboxes: number; commands: number } {
    const db = new DatabaseSync(join(this.service.dataDir, 'atoll.db'), { readOnly: true, timeout: 5000 });
    try {
      const rows = (table: string) => (db.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n;
      return { sandboxes: rows('sandboxes'), commands: rows('commands') };
    } finally {
      db.close();
    }
  }
}

/** Of all lines of one metric in Prometheus' text format; one with labels has none before it was first counted. Throws where the metric is not known. */
function sum(text: string, metric: string): number {
  const values = [...text.matchAll(new RegExp(`^${metric}(?:\\{[^\\n]*\\})? (\\S+)$`, 'gm'))].map(([, value]) =>
    Number(value),
  );
  if (!text.includes(`# TYPE ${metric} `)) throw new Error(`/metrics has no ${metric}`);
  return values.reduce((all, one) => all + one, 0);
}

const megabytes = (bytes: number): number => Math.round(bytes / 104_857.6) / 10;

function count(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}
