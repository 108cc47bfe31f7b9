import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import { SessionLost } from './agent-errors.js';
import { agentSpan, endWith, type SpanEnd } from './agent-span.js';
import { Exchange } from './exchange.js';
import type { Peer } from './handshake.js';

/** One stream's window, so that one upload or download alone can be fast … */
const STREAM_WINDOW = 4 * 1024 * 1024;
/** … and the connection's, so large that streams which are read slowly can't stall the others. */
const CONNECTION_WINDOW = 64 * 1024 * 1024;

export interface AgentRequest {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With its query. */
  path: string;
  headers?: http2.OutgoingHttpHeaders;
  /** There is no body: end the request with its headers. */
  endStream?: boolean;
  signal?: AbortSignal;
  /** Where its span ends, if there is one; absent: with the exchange. */
  spanEnd?: SpanEnd;
}

/** One proven HTTP/2 connection to an agent: the service is its client. */
export class Session {
  /** Resolves when the connection is gone, however. */
  readonly closed: Promise<void>;

  private constructor(
    private readonly h2: http2.ClientHttp2Session,
    private readonly stream: Duplex,
    readonly peer: Peer,
  ) {
    this.closed = new Promise((resolve) => h2.once('close', resolve));
    h2.on('error', () => undefined); // 'close' follows, and every open stream gets its own error
  }

  static open(stream: Duplex, peer: Peer): Session {
    const h2 = http2.connect('http://agent', {
      createConnection: () => stream,
      settings: { initialWindowSize: STREAM_WINDOW, enablePush: false, maxFrameSize: 256 * 1024 },
      // The agent is not trusted: what it may send before anybody looks is bounded.
      maxHeaderListPairs: 64,
      maxSessionMemory: 256,
    });
    h2.setLocalWindowSize(CONNECTION_WINDOW);
    return new Session(h2, stream, peer);
  }

  get usable(): boolean {
    return !this.h2.closed && !this.h2.destroyed && !this.stream.destroyed;
  }

  /** Opens a stream. Throws when the connection is going; the signal resets the stream. */
  request({ method, path, headers, endStream, signal, spanEnd }: AgentRequest): Exchange {
    if (!this.usable) throw new SessionLost();
    const span = agentSpan(method, path);
    const stream = this.h2.request(
      { ':method': method, ':path': path, ...headers, ...span?.headers },
      { endStream: endStream ?? false, signal },
    );
    if (span) endWith(span, stream, spanEnd ?? 'close');
    stream.on('error', () => undefined); // whoever reads it sees the error; an unread one must not end the process
    return new Exchange(stream);
  }

  close(): void {
    this.h2.destroy();
    this.stream.destroy(); // a paused sandbox takes nothing more, and HTTP/2 would wait for that for ever
  }
}
