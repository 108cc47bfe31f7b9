import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import { badRequest } from '../common/errors/atoll-error.js';
import { SessionLost } from './agent-errors.js';
import { agentSpan, endWith, type SpanEnd } from './agent-span.js';
import { Exchange } from './exchange.js';
import type { Peer } from './handshake.js';

/** One stream's window, so that one upload or download alone can be fast … */
const STREAM_WINDOW = 4 * 1024 * 1024;
/** … and the connection's, so large that streams which are read slowly can't stall the others. */
const CONNECTION_WINDOW = 64 * 1024 * 1024;

/**
 * Of a call's headers, as the agent takes them. Node's own bound is 64 KiB, which the path of a deep tree is past once it is escaped, and a call
 * past it does not fail alone: the connection takes nothing new from then on.
 */
const MAX_HEADER_BLOCK = 1 << 20;
/** What a call may bring of it; the rest is for names and lengths, and for what a trace adds. */
const MAX_ASKED = MAX_HEADER_BLOCK - 4096;

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
      maxSendHeaderBlockLength: MAX_HEADER_BLOCK,
    });
    h2.setLocalWindowSize(CONNECTION_WINDOW);
    return new Session(h2, stream, peer);
  }

  get usable(): boolean {
    return !this.h2.closed && !this.h2.destroyed && !this.stream.destroyed;
  }

  /** Opens a stream. Throws when the connection is going, or more is asked than a call can hold; the signal resets the stream. */
  request({ method, path, headers, endStream, signal, spanEnd }: AgentRequest): Exchange {
    if (!this.usable) throw new SessionLost();
    if (sizeOf(path, headers) > MAX_ASKED) throw badRequest('the paths and names of this call are too long together');
    const span = agentSpan(method, path);
    const stream = this.h2.request(
      { ':method': method, ':path': path, ...headers, ...span?.headers },
      { endStream: endStream ?? false, signal },
    );
    if (span) endWith(span, stream, spanEnd ?? 'close');
    // Whoever reads it sees the error; an unread one must not end the process. After 2^30 calls there are no numbers left for more, and the next call
    // needs a connection that begins anew.
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ERR_HTTP2_OUT_OF_STREAMS') this.close();
    });
    return new Exchange(stream);
  }

  close(): void {
    this.h2.destroy(new SessionLost()); // without an error, an answer that is cut off here could end as if it were whole
    this.stream.destroy(); // a paused sandbox takes nothing more, and HTTP/2 would wait for that for ever
  }
}

const sizeOf = (path: string, headers: http2.OutgoingHttpHeaders = {}): number =>
  Object.values(headers).reduce<number>((sum, value) => sum + String(value).length, path.length);
