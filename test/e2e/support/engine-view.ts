import { request } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { engineHost, type Service } from './service.js';

/** A container of one instance, as the engine itself tells it. */
export interface EngineContainer {
  /** Of the sandbox, or empty: a probe's, or one that fills a volume. */
  sandboxId: string;
  name: string;
  state: string;
  /** Container port → host port. */
  ports: Record<string, string>;
}

interface RawContainer {
  Names: string[];
  State: string;
  Labels: Record<string, string>;
  Ports: { PrivatePort: number; PublicPort?: number; Type: string }[];
}

/** All containers of a service's sandboxes, asked past the service: one cheap call to the engine. */
export async function containersOf(service: Service): Promise<EngineContainer[]> {
  const filters = JSON.stringify({ label: [`dev.atoll.instance=${instanceOf(service)}`, 'dev.atoll.sandbox'] });
  const raw = (await engineGet(
    `/v1.40/containers/json?all=1&filters=${encodeURIComponent(filters)}`,
  )) as RawContainer[];
  return raw.map(({ Names, State, Labels, Ports }) => ({
    sandboxId: Labels['dev.atoll.sandbox'],
    name: (Names[0] ?? '').slice(1),
    state: State,
    ports: Object.fromEntries(
      Ports.filter(({ PublicPort }) => PublicPort).map(({ PrivatePort, PublicPort, Type }) => [
        `${PrivatePort}/${Type}`,
        String(PublicPort),
      ]),
    ),
  }));
}

export interface Row {
  id: string;
  status: string;
  end_reason: string | null;
  finished_at: number | null;
  expires_at: number | null;
  /** JSON. */
  labels: string;
}

/** All rows of a service's own store, intents too, whether it runs or not. */
export function rowsOf(service: Service): Row[] {
  return query(
    service,
    'select id, status, end_reason, finished_at, expires_at, labels from sandboxes order by ordinal',
  );
}

/** Commands that the store takes for running, with the status of their sandbox. */
export function runningCommandsOf(service: Service): { id: string; status: string }[] {
  return query(
    service,
    `select commands.id, sandboxes.status from commands join sandboxes on sandboxes.id = commands.sandbox_id
     where commands.state = 'running'`,
  );
}

/** How a status of ours is called at the engine. */
export const ENGINE_STATE: Record<string, string> = { running: 'running', paused: 'paused', stopped: 'exited' };

function query<T>(service: Service, sql: string): T[] {
  const db = new DatabaseSync(join(service.dataDir, 'atoll.db'), { readOnly: true, timeout: 2000 });
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
}

const instances = new WeakMap<Service, string>();

function instanceOf(service: Service): string {
  const known = instances.get(service);
  if (known !== undefined) return known;
  const [{ value }] = query<{ value: string }>(service, `select value from meta where key = 'instance'`);
  instances.set(service, value);
  return value;
}

function engineGet(path: string): Promise<unknown> {
  const socketPath = engineHost().replace(/^unix:\/\//, '');
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, timeout: 20_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`the engine answered ${response.statusCode}: ${text}`));
      });
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('the engine does not answer')));
    sent.on('error', reject);
    sent.end();
  });
}
