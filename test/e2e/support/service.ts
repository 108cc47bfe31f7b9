import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAnswer } from './conformance.js';

const MAIN = resolve(import.meta.dirname, '../../../dist/main.js');
export const IMAGE = 'atoll-test/busybox:1';
export const API_KEY = 'e2e-key-0123456789abcdef';

export interface Answer {
  status: number;
  headers: Headers;
  // Tests look into answers of many shapes; what they find there is what they assert.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** The engine that bin/test started; e2e tests never touch another. */
export function engineHost(): string {
  const host = process.env.ATOLL_TEST_DOCKER_HOST;
  if (!host) throw new Error('ATOLL_TEST_DOCKER_HOST is not set: run these tests by bin/test e2e');
  return host;
}

/** The built service as a process of its own, with its own data directory and port, spoken to over real HTTP. */
export class Service {
  private child?: ChildProcess;
  private log = '';

  private constructor(
    readonly dataDir: string,
    readonly port: number,
    private readonly env: Record<string, string>,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<Service> {
    const dataDir = env.ATOLL_DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'atoll-e2e-')));
    const service = new Service(dataDir, await freePort(), env);
    await service.boot();
    return service;
  }

  /** One that somebody else started and ends: only spoken to. */
  static at(port: number): Service {
    return new Service('', port, {});
  }

  /** One whose engine does not answer: waits until it answers at all. */
  static async startUnhealthy(env: Record<string, string>): Promise<Service> {
    const service = new Service(await mkdtemp(join(tmpdir(), 'atoll-e2e-')), await freePort(), env);
    await service.boot(503);
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Of a call with a JSON body. */
  get headers(): Record<string, string> {
    return { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Starts it (again) and waits until it is healthy. Returns the milliseconds that took. */
  async boot(health = 200): Promise<number> {
    const begun = Date.now();
    const { DOCKER_HOST: _, ...inherited } = process.env;
    const child = spawn(process.execPath, [MAIN], {
      env: {
        ...Object.fromEntries(Object.entries(inherited).filter(([name]) => !name.startsWith('ATOLL_'))),
        DOCKER_HOST: engineHost(),
        ATOLL_API_KEY: API_KEY,
        ATOLL_DATA_DIR: this.dataDir,
        PORT: String(this.port),
        ATOLL_METRICS_PORT: '0',
        LOG_LEVEL: 'info',
        ...this.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    const collect = (chunk: Buffer) => (this.log = (this.log + chunk.toString()).slice(-200_000));
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    while (!(await this.answers(health))) {
      if (child.exitCode !== null || Date.now() - begun > 60_000)
        throw new Error(`the service did not start:\n${this.log}`);
      await sleep(20);
    }
    return Date.now() - begun;
  }

  logs(): string {
    return this.log;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exit = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    return (await exit)[0];
  }

  /** Deletes all sandboxes, ends the service and removes its data. */
  async stop(): Promise<void> {
    if (!(await this.answers())) await this.boot();
    const { body } = await this.get('/v1/sandboxes');
    const sandboxes = (body as { sandboxes: { id: string }[] }).sandboxes;
    await Promise.all(sandboxes.map(({ id }) => this.delete(`/v1/sandboxes/${id}`)));
    await this.kill('SIGTERM');
    await rm(this.dataDir, { recursive: true, force: true });
  }

  get = (path: string) => this.call('GET', path);
  post = (path: string, body?: unknown) => this.call('POST', path, body);
  put = (path: string, body?: unknown) => this.call('PUT', path, body);
  delete = (path: string) => this.call('DELETE', path);

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${API_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      body: parse(text, response.headers.get('content-type') ?? ''),
    };
    checkAnswer(method, path, answer);
    return answer;
  }

  /** Creates a sandbox, or throws what the service said. */
  async sandbox(request: Record<string, unknown> = {}): Promise<Sandbox> {
    const answer = await this.post('/v1/sandboxes', { image: IMAGE, ...request });
    if (answer.status !== 201)
      throw new Error(`create answered ${answer.status} ${JSON.stringify(answer.body)}\n${this.log}`);
    return new Sandbox(this, answer.body as { id: string; name: string; ports: string[] });
  }

  private async answers(health = 200): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/v1/health`)).status === health;
    } catch {
      return false;
    }
  }
}

export interface Result {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  command: any;
  stdout: string;
  stderr: string;
}

/** One sandbox, by the API. */
export class Sandbox {
  readonly path: string;

  constructor(
    readonly service: Service,
    readonly created: { id: string; name: string; ports: string[] },
  ) {
    this.path = `/v1/sandboxes/${created.id}`;
  }

  get id(): string {
    return this.created.id;
  }

  /** Runs a command to its end and reads all it said. */
  async run(command: string, args: string[] = [], more: Record<string, unknown> = {}): Promise<Result> {
    const { status, body } = await this.service.post(`${this.path}/cmd?wait=true`, { command, args, ...more });
    if (status !== 200) throw new Error(`cmd answered ${status} ${JSON.stringify(body)}`);
    const [, last] = body as { command: { id: string } }[];
    const logs = await this.service.get(`${this.path}/cmd/${last.command.id}/logs`);
    const { stdout, stderr } = logs.body as { stdout: string; stderr: string };
    return { command: last.command, stdout, stderr };
  }

  sh = (script: string) => this.run('sh', ['-c', script]);

  async spawn(command: string, args: string[] = []): Promise<string> {
    const { body } = await this.service.post(`${this.path}/cmd`, { command, args });
    return (body as { command: { id: string } }).command.id;
  }

  write = (path: string, content: string) =>
    this.service.put(`${this.path}/files?path=${encodeURIComponent(path)}`, { content });
  read = (path: string) => this.service.get(`${this.path}/files?path=${encodeURIComponent(path)}`);
  remove = (path: string) => this.service.delete(`${this.path}/files?path=${encodeURIComponent(path)}`);
  list = (path: string) => this.service.get(`${this.path}/files/list?path=${encodeURIComponent(path)}`);
}

/** Asks until it holds; throws with the last answer after the time is up. */
export async function eventually<T>(
  ask: () => Promise<T>,
  holds: (value: T) => boolean,
  milliseconds = 20_000,
): Promise<T> {
  const until = Date.now() + milliseconds;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (Date.now() > until) throw new Error(`did not come to hold in ${milliseconds} ms: ${JSON.stringify(value)}`);
    await sleep(20);
  }
}

function parse(text: string, type: string): unknown {
  if (type.startsWith('application/x-ndjson'))
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  return type.startsWith('application/json') ? (JSON.parse(text) as unknown) : text;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
