import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');
const BOOT_MS = 30_000;
const STOP_MS = 20_000;
/** Above what the rest of the machine has a use for; the namespaces of the engine have all ports for themselves. */
let nextPort = 39_401;

export interface ServiceOptions {
  engine: string;
  transport: 'socket' | 'exec';
  /** Where a CPU profile of the whole run is left. */
  profileDir?: string;
}

/** The built service as it runs in production, its log in a file: nobody reads a pipe while we measure. */
export class ServiceProcess {
  readonly apiKey = 'bench-key-0123456789abcdef';

  private constructor(
    readonly port: number,
    private readonly metricsPort: number,
    readonly dataDir: string,
    private readonly child: ChildProcess,
  ) {}

  static async start({ engine, transport, profileDir }: ServiceOptions): Promise<ServiceProcess> {
    const dataDir = await mkdtemp(join(tmpdir(), 'atoll-bench-'));
    const port = nextPort++;
    const metricsPort = nextPort++;
    const log = openSync(join(dataDir, 'log'), 'a');
    const profile = profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, '--cpu-prof-interval=200'] : [];
    const child = spawn(process.execPath, [...profile, MAIN], {
      env: {
        PATH: process.env.PATH,
        DOCKER_HOST: engine,
        ATOLL_API_KEY: 'bench-key-0123456789abcdef',
        ATOLL_DATA_DIR: dataDir,
        ATOLL_TRANSPORT: transport,
        ATOLL_MAX_LOGS: String(256 * 1024 * 1024), // the whole of the output that is read at once
        PORT: String(port),
        ATOLL_METRICS_PORT: String(metricsPort),
      },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const service = new ServiceProcess(port, metricsPort, dataDir, child);
    await service.healthy();
    return service;
  }

  /** Of all its threads, user and system. */
  cpuMs(): number {
    const tasks = `/proc/${this.child.pid}/task`;
    return readdirSync(tasks).reduce((sum, task) => sum + nanosecondsOf(`${tasks}/${task}/schedstat`) / 1e6, 0);
  }

  /** As Prometheus reads them. */
  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text();
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
      await exit;
      clearTimeout(late);
    }
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private async healthy(): Promise<void> {
    const until = Date.now() + BOOT_MS;
    while (!(await this.answers())) {
      if (this.child.exitCode !== null || Date.now() > until) {
        const log = readFileSync(join(this.dataDir, 'log'), 'utf8');
        await this.stop();
        throw new Error(`the service did not start:\n${log}`);
      }
      await sleep(50);
    }
  }

  private async answers(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/v1/health`)).ok;
    } catch {
      return false;
    }
  }
}

/** A thread may end between the listing and the reading. */
function nanosecondsOf(schedstat: string): number {
  try {
    return Number(readFileSync(schedstat, 'utf8').split(' ')[0]);
  } catch {
    return 0;
  }
}
