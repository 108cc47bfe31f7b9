import { HttpClient, ROOM } from './http-client.js';
import type { CleanUp, Side } from './side.js';
import { tarOf, untar } from './tar.js';

export const IMAGE = 'atoll-test/busybox:1';
/** Makes the directory that is listed. */
export const LISTED = 'mkdir -p /tmp/list && cd /tmp/list && seq $1 | xargs touch';
const NAME = 'atoll-bench-raw';
/** Every engine from 19.03 on speaks it. */
const API = '/v1.40';

/** The same fence as a sandbox's: see src/engine/docker/container-options.ts. */
const FENCE = {
  Memory: 1024 * 1024 * 1024,
  MemorySwap: 1024 * 1024 * 1024,
  NanoCpus: 1e9,
  PidsLimit: 552,
  Ulimits: [
    { Name: 'nofile', Soft: 16_384, Hard: 16_384 },
    { Name: 'core', Soft: 0, Hard: 0 },
  ],
  CapDrop: ['ALL'],
  CapAdd: ['SETUID', 'SETGID', 'KILL', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETPCAP'],
  SecurityOpt: ['no-new-privileges'],
  IpcMode: 'private',
  LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
};

/** A command that says this many bytes: lines of 100. */
export const textOf = (bytes: number): string[] => ['sh', '-c', `yes ${'x'.repeat(99)} | head -c ${bytes}`];

/** What a good client of the engine's API would do, in as few calls as it takes. */
export class RawSide implements Side {
  private readonly client: HttpClient;
  private container = '';
  private listed = 0;
  private kept = false;

  /** `plain`: the engine's default network and no limits, the cheapest container that there is. */
  constructor(
    readonly name: string,
    socketPath: string,
    private readonly plain = false,
  ) {
    this.client = new HttpClient({ socketPath });
  }

  async open(): Promise<void> {
    if (!this.plain) await this.makeNetwork();
    this.container = await this.start();
  }

  async create(): Promise<CleanUp> {
    const id = await this.start();
    await this.run(id, ['true']);
    return () => this.remove(id);
  }

  async exec(): Promise<void> {
    await this.run(this.container, ['true']);
  }

  async write(path: string, content: Buffer): Promise<void> {
    const at = path.lastIndexOf('/') + 1;
    const query = `path=${encodeURIComponent(path.slice(0, at))}`;
    const body = tarOf(path.slice(at), content);
    await this.client.call({ method: 'PUT', path: `${API}/containers/${this.container}/archive?${query}`, body }, 200);
  }

  read(path: string): Promise<Buffer> {
    return this.archived(path);
  }

  writeBytes(path: string, content: Buffer): Promise<void> {
    return this.write(path, content);
  }

  readBytes(path: string): Promise<Buffer> {
    return this.archived(path, ROOM);
  }

  private async archived(path: string, into?: Buffer): Promise<Buffer> {
    const url = `${API}/containers/${this.container}/archive?path=${encodeURIComponent(path)}`;
    return untar(await this.client.call({ method: 'GET', path: url, into }, 200));
  }

  async list(entries: number): Promise<void> {
    if (this.listed !== entries) await this.run(this.container, ['sh', '-c', LISTED, 'sh', String(entries)]);
    this.listed = entries;
    const lines = (await this.run(this.container, ['ls', '-la', '/tmp/list'])).toString().split('\n').length;
    if (lines < entries) throw new Error(`${lines} lines instead of ${entries}`);
  }

  async output(bytes: number): Promise<void> {
    this.check(await this.run(this.container, textOf(bytes)), bytes);
  }

  /** The engine keeps no output of an exec. */
  async readOutput(bytes: number): Promise<void> {
    if (!this.kept) await this.run(this.container, ['sh', '-c', `${textOf(bytes)[2]} > /tmp/kept`]);
    this.kept = true;
    this.check(await this.run(this.container, ['cat', '/tmp/kept']), bytes);
  }

  private check(said: Buffer, bytes: number): void {
    if (said.length < bytes) throw new Error(`${said.length} bytes of output instead of ${bytes}`);
  }

  cpuMs(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    if (this.container) await this.remove(this.container);
    if (!this.plain) await this.client.call({ method: 'DELETE', path: `${API}/networks/${NAME}` }, 204, 404);
    this.client.close();
  }

  private async start(): Promise<string> {
    const fence = this.plain ? {} : { ...FENCE, NetworkMode: NAME };
    const body = { Image: IMAGE, Cmd: ['sleep', '2147483647'], StopSignal: 'SIGKILL', HostConfig: fence };
    const { Id: id } = await this.client.json<{ Id: string }>(
      { method: 'POST', path: `${API}/containers/create`, body },
      201,
    );
    await this.client.call({ method: 'POST', path: `${API}/containers/${id}/start` }, 204);
    return id;
  }

  /** Runs a command to its end and returns what it said, as the engine frames it. */
  private async run(id: string, argv: string[]): Promise<Buffer> {
    const { Id: exec } = await this.client.json<{ Id: string }>(
      {
        method: 'POST',
        path: `${API}/containers/${id}/exec`,
        body: { AttachStdout: true, AttachStderr: true, Cmd: argv },
      },
      201,
    );
    const body = { Detach: false, Tty: false };
    const said = await this.client.call({ method: 'POST', path: `${API}/exec/${exec}/start`, body }, 200);
    const end = await this.client.json<{ Running: boolean; ExitCode: number }>(
      { method: 'GET', path: `${API}/exec/${exec}/json` },
      200,
    );
    if (end.Running || end.ExitCode !== 0) throw new Error(`the exec ended as ${JSON.stringify(end)}`);
    return said;
  }

  private async remove(id: string): Promise<void> {
    await this.client.call({ method: 'DELETE', path: `${API}/containers/${id}?force=true&v=true` }, 204, 404);
  }

  private async makeNetwork(): Promise<void> {
    const options = {
      'com.docker.network.bridge.enable_icc': 'false',
      'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1',
    };
    await this.client.call({ method: 'DELETE', path: `${API}/networks/${NAME}` }, 204, 404);
    const body = { Name: NAME, Driver: 'bridge', CheckDuplicate: true, Options: options };
    await this.client.call({ method: 'POST', path: `${API}/networks/create`, body }, 201);
  }
}
