import { HttpClient, ROOM } from './http-client.js';
import { IMAGE, LISTED, textOf } from './raw-side.js';
import { ServiceProcess } from './service-process.js';
import type { CleanUp, Side } from './side.js';

const BYTES = 'application/octet-stream';

/** The same work through our REST API, by one transport. */
export class AtollSide implements Side {
  private service?: ServiceProcess;
  private client!: HttpClient;
  private sandbox = '';
  private listed = 0;
  private said = '';

  constructor(
    private readonly transport: 'socket' | 'exec',
    private readonly engine: string,
    private readonly profileDir?: string,
  ) {}

  get name(): string {
    return this.transport;
  }

  async open(): Promise<void> {
    this.service = await ServiceProcess.start({
      engine: this.engine,
      transport: this.transport,
      profileDir: this.profileDir,
    });
    const { port, apiKey } = this.service;
    this.client = new HttpClient({ host: '127.0.0.1', port }, { authorization: `Bearer ${apiKey}` });
    this.sandbox = await this.newSandbox();
  }

  async create(): Promise<CleanUp> {
    const path = await this.newSandbox();
    await this.run(path, 'true');
    return () => this.remove(path);
  }

  async exec(): Promise<void> {
    await this.run(this.sandbox, 'true');
  }

  async write(path: string, content: Buffer): Promise<void> {
    const body = { content: content.toString('latin1') };
    await this.client.call({ method: 'PUT', path: this.file(path), body }, 200);
  }

  async read(path: string): Promise<Buffer> {
    const { content } = await this.client.json<{ content: string }>({ method: 'GET', path: this.file(path) }, 200);
    return Buffer.from(content, 'latin1');
  }

  async writeBytes(path: string, content: Buffer): Promise<void> {
    await this.client.call({ method: 'PUT', path: this.file(path), body: content, type: BYTES }, 200);
  }

  async readBytes(path: string): Promise<Buffer> {
    return this.client.call({ method: 'GET', path: this.file(path), accept: BYTES, into: ROOM }, 200);
  }

  async list(entries: number): Promise<void> {
    const path = `${this.sandbox}/files/list?path=/tmp/list`;
    if (this.listed !== entries) await this.run(this.sandbox, 'sh', ['-c', LISTED, 'sh', String(entries)]);
    this.listed = entries;
    const { entries: all } = await this.client.json<{ entries: unknown[] }>({ method: 'GET', path }, 200);
    if (all.length !== entries) throw new Error(`${all.length} entries instead of ${entries}`);
  }

  /** One request runs it and reads all it says, line by line. */
  async output(bytes: number): Promise<void> {
    const [command, ...args] = textOf(bytes);
    const call = { method: 'POST', path: `${this.sandbox}/cmd?wait=true&logs=true`, body: { command, args } } as const;
    const said = await this.client.call(call, 200);
    const last = said.subarray(said.lastIndexOf('\n', said.length - 2) + 1).toString();
    const { command: ended } = JSON.parse(last) as { command: { id: string; stdout_bytes?: number } };
    if (ended.stdout_bytes !== bytes || said.length < bytes) throw new Error(`the command ended as ${last}`);
    this.said = ended.id;
  }

  async readOutput(bytes: number): Promise<void> {
    if (!this.said) await this.output(bytes);
    const logs = await this.client.call({ method: 'GET', path: `${this.sandbox}/cmd/${this.said}/logs` }, 200);
    if (logs.length < bytes) throw new Error(`${logs.length} bytes of output instead of ${bytes}`);
  }

  cpuMs(): number | undefined {
    return this.service?.cpuMs();
  }

  async close(): Promise<void> {
    try {
      if (this.sandbox) await this.remove(this.sandbox);
    } finally {
      this.client?.close();
      await this.service?.stop();
    }
  }

  private async newSandbox(): Promise<string> {
    const call = { method: 'POST', path: '/v1/sandboxes', body: { image: IMAGE } } as const;
    const { id } = await this.client.json<{ id: string }>(call, 201);
    return `/v1/sandboxes/${id}`;
  }

  private async run(sandbox: string, command: string, args: string[] = []): Promise<void> {
    const body = { command, args };
    const answer = await this.client.call({ method: 'POST', path: `${sandbox}/cmd?wait=true`, body }, 200);
    const [, last] = answer.toString().split('\n');
    const { command: ended } = JSON.parse(last) as { command: { exit_code?: number } };
    if (ended.exit_code !== 0) throw new Error(`the command ended as ${last}`);
  }

  private async remove(sandbox: string): Promise<void> {
    await this.client.call({ method: 'DELETE', path: sandbox }, 204);
  }

  private file(path: string): string {
    return `${this.sandbox}/files?path=${encodeURIComponent(path)}`;
  }
}
