import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Connector, ProvenStream } from './connector.js';
import { shakeHands, type HandshakeSecret } from './handshake.js';
import type { RunFolder, SocketPath } from './run-folder.js';

/** Connections that have proven nothing yet; code inside can dial in too, and must not pile them up. */
const MAX_UNPROVEN = 8;

/** `socket`: the agent dials in through its own folder. Only that sandbox can; which process of it, the handshake tells. */
export class SocketConnector implements Connector {
  private server?: Server;
  private place?: SocketPath;
  private readonly unproven = new Set<Socket>();

  constructor(
    private readonly folder: RunFolder,
    private readonly secret: HandshakeSecret,
  ) {}

  async open(offer: (proven: ProvenStream) => void): Promise<void> {
    this.place = await this.folder.prepare();
    this.server = createServer({ pauseOnConnect: true }, (socket) => void this.greet(socket, offer));
    this.server.listen(this.place.path);
    await once(this.server, 'listening');
    // One that could not be accepted (no descriptors left) is dialled again; it must not end the service.
    this.server.on('error', () => undefined);
    await this.folder.allowEverybody();
  }

  /** It dials by itself, again and again: there is nothing to do but wait. */
  wanted(): Promise<void> {
    return Promise.resolve();
  }

  /** The folder stays: a stopped container mounts it again when it is started, by whomever. */
  async close(): Promise<void> {
    for (const socket of this.unproven) socket.destroy();
    // Stops listening now; its callback would wait for the session, whose end is the guest's business.
    this.server?.close();
    this.server = undefined;
    await this.place?.release();
  }

  private async greet(socket: Socket, offer: (proven: ProvenStream) => void): Promise<void> {
    socket.on('error', () => undefined);
    if (this.unproven.size >= MAX_UNPROVEN) {
      // The oldest goes, so that a process which hogs them all can't lock the agent out for longer than a moment.
      const [oldest] = this.unproven;
      oldest.destroy();
      this.unproven.delete(oldest);
    }
    this.unproven.add(socket);
    try {
      const peer = await shakeHands(socket, this.secret);
      offer({ stream: socket, peer });
    } catch {
      // refused: shakeHands destroyed it; whoever it was learned nothing
    } finally {
      this.unproven.delete(socket);
    }
  }
}
