import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TlsOptions } from 'node:tls';

type Target = { host: string; port: number } | { path: string };

/** A door on loopback before something else that listens: it can be shut, and opened again at the same port. */
export class TcpGate {
  private readonly open = new Set<Socket>();

  private constructor(
    private server: Server | TlsServer,
    private readonly target: Target,
  ) {}

  static async before(target: Target, tls?: TlsOptions): Promise<TcpGate> {
    const gate = new TcpGate(tls ? createTlsServer(tls) : createServer(), target);
    gate.server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => gate.pass(socket));
    await gate.openAgain(0);
    return gate;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Other certificates from now on; what is connected stays. */
  certify(tls: TlsOptions): void {
    (this.server as TlsServer).setSecureContext(tls);
  }

  /** Nobody gets in, and whoever is in is thrown out. Returns the port. */
  async shut(): Promise<number> {
    const { port } = this;
    const closed = once(this.server, 'close');
    this.server.close();
    this.throwOut();
    await closed;
    return port;
  }

  throwOut(): void {
    for (const socket of this.open) socket.destroy();
  }

  async openAgain(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private pass(socket: Socket): void {
    const other = connect(this.target);
    for (const [one, its] of [
      [socket, other],
      [other, socket],
    ]) {
      this.open.add(one);
      one
        .on('error', () => undefined)
        .on('close', () => {
          this.open.delete(one);
          its.destroy();
        });
      one.pipe(its);
    }
  }
}
