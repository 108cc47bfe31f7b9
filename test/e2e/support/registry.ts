import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { freePort } from './service.js';

export const USER = 'bob';
export const PASSWORD = 'secret-of-bob';
/** Of that password, by bcrypt, as `htpasswd -B` makes it. */
const HTPASSWD = `${USER}:$2b$04$pMLNemp90tmAKooGfx8.POIS4NKZoL22a1JdP3U3vY.ISoMmiIKRC`;

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const CONFIG = 'application/vnd.docker.container.image.v1+json';
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

export interface ImageParts {
  /** Each becomes a file in a layer of its own. */
  layers?: Buffer[];
  architecture?: string;
  variant?: string;
}

export interface RegistryOptions {
  /** It wants USER and PASSWORD. */
  password?: boolean;
  /** Where it listens; loopback if absent. */
  address?: string;
  /** Paths. */
  tls?: { certificate: string; key: string };
}

/** Debian's docker-registry as a process of this test, where the engine reaches it. */
export class Registry {
  private child?: ChildProcess;

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly withPassword: boolean,
    private readonly address: string,
    private readonly tls?: { certificate: string; key: string },
  ) {}

  static async start(options: RegistryOptions = {}): Promise<Registry> {
    const { password = false, address = '127.0.0.1', tls } = options;
    const folder = await mkdtemp(join(tmpdir(), 'registry-'));
    const registry = new Registry(folder, await freePort(), password, address, tls);
    await registry.boot();
    return registry;
  }

  get host(): string {
    return `${this.address}:${this.port}`;
  }

  /** Starts it (again). */
  async boot(): Promise<void> {
    const { folder, port, withPassword, tls } = this;
    const config = {
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      http: { addr: `:${port}`, ...(tls ? { tls } : {}) },
      ...(withPassword ? { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } } : {}),
    };
    await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
    await writeFile(join(folder, 'htpasswd'), `${HTPASSWD}\n`);
    this.child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
    await this.call('GET', '/v2/', { until: [200, 401] });
  }

  async kill(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Pushes a new image. Returns the manifest's digest. */
  async push(repository: string, tag: string, parts: ImageParts = {}) {
    const { layers = [Buffer.from('x')], architecture, variant } = parts;
    const made = await Promise.all(layers.map((content) => this.layer(repository, content)));
    const config = Buffer.from(
      JSON.stringify({
        architecture: architecture ?? { x64: 'amd64' }[process.arch as string] ?? process.arch,
        variant,
        os: 'linux',
        created: '2026-01-01T00:00:00Z',
        config: { Env: ['PATH=/bin'] },
        rootfs: { type: 'layers', diff_ids: made.map(({ diffId }) => diffId) },
        history: made.map(() => ({ created: '2026-01-01T00:00:00Z', created_by: 'test' })),
      }),
    );
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: CONFIG, size: config.length, digest: await this.blob(repository, config) },
      layers: made.map(({ size, digest }) => ({ mediaType: LAYER, size, digest })),
    };
    return this.manifest(repository, tag, MANIFEST, manifest);
  }

  /** Pushes a list of one image for one other platform. */
  async pushList(repository: string, tag: string, architecture: string): Promise<string> {
    const { digest, size } = await this.push(repository, `${tag}-${architecture}`, { architecture });
    const entry = { mediaType: MANIFEST, size, digest, platform: { architecture, os: 'linux' } };
    return (await this.manifest(repository, tag, LIST, { schemaVersion: 2, mediaType: LIST, manifests: [entry] }))
      .digest;
  }

  private async layer(repository: string, content: Buffer) {
    const tar = pack();
    tar.entry({ name: `file-${randomBytes(4).toString('hex')}` }, content);
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    const plain = Buffer.concat(chunks);
    const zipped = gzipSync(plain, { level: 0 });
    return { diffId: sha256(plain), digest: await this.blob(repository, zipped), size: zipped.length };
  }

  private async blob(repository: string, content: Buffer): Promise<string> {
    const digest = sha256(content);
    const { headers } = await this.call('POST', `/v2/${repository}/blobs/uploads/`, { until: [202] });
    const to = new URL(headers.location!, 'http://registry');
    to.searchParams.set('digest', digest);
    await this.call('PUT', to.pathname + to.search, {
      until: [201],
      body: content,
      type: 'application/octet-stream',
    });
    return digest;
  }

  private async manifest(repository: string, tag: string, type: string, content: object) {
    const body = Buffer.from(JSON.stringify(content));
    await this.call('PUT', `/v2/${repository}/manifests/${tag}`, { until: [201], body, type });
    return { digest: sha256(body), size: body.length };
  }

  private async call(method: string, path: string, want: Want): Promise<IncomingMessage> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.send(method, path, want);
      } catch (error) {
        if (tries === 100 || this.child?.exitCode !== null || want.body) throw error;
        await sleep(50);
      }
    }
  }

  private async send(method: string, path: string, { until, body, type }: Want): Promise<IncomingMessage> {
    const auth = this.withPassword ? `${USER}:${PASSWORD}` : undefined;
    const headers = { ...(type ? { 'content-type': type } : {}), 'content-length': body?.length ?? 0 };
    // The certificate is the engine's to check.
    const options = { host: this.address, port: this.port, method, path, auth, headers, rejectUnauthorized: false };
    const sent = (this.tls ? https : http).request(options);
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const said = await text(answer);
    if (!until.includes(answer.statusCode!)) throw new Error(`${method} ${path}: ${answer.statusCode} ${said}`);
    return answer;
  }
}

interface Want {
  /** Statuses that are fine; others are tried again, or thrown. */
  until: number[];
  body?: Buffer;
  type?: string;
}

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
