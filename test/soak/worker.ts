import { randomBytes } from 'node:crypto';
import type { HttpClient } from '../bench/http-client.js';
import { IMAGE } from '../bench/raw-side.js';

const BYTES = 'application/octet-stream';
const COMMANDS = 5;

/** What one client does all day: a sandbox, commands, files, a stop, a delete. Each answer is checked; calls counts them. */
export class Worker {
  calls = 0;
  rounds = 0;

  constructor(private readonly client: HttpClient) {}

  async round(): Promise<void> {
    const { id } = await this.json<{ id: string }>('POST', '/v1/sandboxes', { image: IMAGE, timeout: 300 }, 201);
    const path = `/v1/sandboxes/${id}`;
    for (let n = 0; n < COMMANDS; n++) await this.command(path, n);
    await this.files(path);
    await this.json('GET', `${path}/stats`);
    await this.json('POST', `${path}/stop`);
    await this.call('DELETE', path, undefined, 204);
    this.rounds += 1;
  }

  private async command(path: string, n: number): Promise<void> {
    const script = `seq 200; echo e${n} >&2; exit ${n}`;
    const body = { command: script, shell: true };
    const lines = (await this.call('POST', `${path}/cmd?wait=true&logs=true`, body)).toString().trimEnd().split('\n');
    const { command } = JSON.parse(lines.at(-1)!) as { command: { id: string; exit_code: number } };
    expect(command.exit_code, n, 'exit code');
    const logs = await this.json<{ stdout: string; stderr: string }>('GET', `${path}/cmd/${command.id}/logs`);
    expect(logs.stdout.split('\n').length, 201, 'lines of output');
    expect(logs.stderr, `e${n}\n`, 'stderr');
  }

  private async files(path: string): Promise<void> {
    const content = randomBytes(64 * 1024);
    const file = `${path}/files?path=/tmp/soak/file`;
    await this.client.call({ method: 'PUT', path: file, body: content, type: BYTES }, 200);
    const back = await this.client.call({ method: 'GET', path: file, accept: BYTES }, 200);
    this.calls += 2;
    expect(back.equals(content), true, 'the file that came back');
    const { entries } = await this.json<{ entries: unknown[] }>('GET', `${path}/files/list?path=/tmp/soak`);
    expect(entries.length, 1, 'entries');
    await this.call('DELETE', file, undefined, 204);
  }

  private async json<T>(method: 'GET' | 'POST', path: string, body?: object, status = 200): Promise<T> {
    return JSON.parse((await this.call(method, path, body, status)).toString()) as T;
  }

  private async call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object, status = 200): Promise<Buffer> {
    this.calls += 1;
    return this.client.call({ method, path, body }, status);
  }
}

function expect(seen: unknown, wanted: unknown, what: string): void {
  if (seen !== wanted) throw new Error(`${what}: ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`);
}
