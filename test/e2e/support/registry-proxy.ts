import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Registry } from './registry.js';

/** Stands before a registry: counts what is asked for, and passes blobs on no faster than it is told. */
export class RegistryProxy {
  /** `GET /v2/…`, as they came. */
  readonly requests: string[] = [];
  /** Of blobs, each; Infinity is as fast as it goes. */
  bytesPerSecond = Infinity;
  /** The repositories of the requests that are under way. */
  readonly open: string[] = [];
  private readonly server: Server;

  private constructor(private readonly registry: Registry) {
    this.server = createServer(
      (incoming, outgoing) => void this.pass(incoming, outgoing).catch(() => outgoing.destroy()),
    );
  }

  static async start(registry: Registry): Promise<RegistryProxy> {
    const proxy = new RegistryProxy(registry);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How often blobs were asked for. */
  get blobs(): number {
    return this.requests.filter((one) => /^GET .*\/blobs\//.test(one)).length;
  }

  /** Breaks the connections that are there. */
  async cut(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => setImmediate(done));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method, url = '', headers } = incoming;
    this.requests.push(`${method} ${url}`);
    const repository = /^\/v2\/(.*)\/(blobs|manifests)\//.exec(url)?.[1] ?? '';
    this.open.push(repository);
    outgoing.once('close', () => this.open.splice(this.open.indexOf(repository), 1));
    const sent = request({ host: '127.0.0.1', port: this.registry.port, method, path: url, headers });
    incoming.pipe(sent);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    outgoing.writeHead(answer.statusCode!, answer.headers);
    const slow = url.includes('/blobs/') && Number.isFinite(this.bytesPerSecond);
    await pipeline(answer, slow ? throttle(this.bytesPerSecond) : new PassThrough(), outgoing);
  }
}

function throttle(bytesPerSecond: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      setTimeout(() => done(null, chunk), (chunk.length / bytesPerSecond) * 1000);
    },
  });
}
