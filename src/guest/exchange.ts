import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import type { Readable } from 'node:stream';
import { AtollError } from '../common/errors/atoll-error.js';
import { AgentRefusal, SessionLost } from './agent-errors.js';
import { Pieces } from './pieces.js';
import { pour, type PourBounds } from './pour.js';

export type ResponseHeaders = IncomingHttpHeaders & IncomingHttpStatusHeader;

const MAX_REFUSAL = 64 * 1024;

/** Bytes of an answer that may wait for whoever reads it, besides what the streams below hold. */
const AHEAD = 256 * 1024;
/** So many are put together of what comes while nobody reads; larger pieces stay as they are. */
const TOGETHER = 16 * 1024;

/**
 * One request to an agent and its answer. Reading begins as the request is made: an answer that arrives whole in one
 * piece would otherwise be gone before anybody looks (Node destroys a closed HTTP/2 stream that nobody reads). Pieces stay
 * as they came: the stream's own `read()` would copy them together, and its iterator drops an answer that came before the request was at
 * its end.
 */
export class Exchange {
  private readonly headers: Promise<ResponseHeaders>;
  private readonly arrived = new Pieces();
  /** Came while the stream was paused, and goes through it yet. */
  private readonly held = new Pieces();
  private release: () => boolean = () => true;
  private wake: () => void = () => undefined;

  constructor(private readonly stream: ClientHttp2Stream) {
    this.headers = new Promise((resolve, reject) => {
      const onClose = () => reject(new SessionLost());
      stream.once('close', onClose);
      stream.once('error', (error) => reject(asLost(error) as Error));
      stream.once('response', (headers) => {
        stream.off('close', onClose); // or every call that went well would make an error, with its stack
        resolve(headers);
      });
    });
    // Whoever awaits them sees their error; an unseen one must not end the process.
    this.headers.catch(() => undefined);
    this.holdSmall();
    stream.on('data', (chunk: Buffer) => this.keep(chunk));
    for (const event of ['end', 'error', 'close']) stream.on(event, () => this.wake());
  }

  /** The answer's headers. Throws AgentRefusal for a 4xx or 5xx, SessionLost when the stream breaks first. */
  async ok(): Promise<ResponseHeaders> {
    const headers = await this.headers;
    if ((headers[':status'] ?? 500) < 400) return headers;
    throw AgentRefusal.of(await this.readAll(MAX_REFUSAL));
  }

  /**
   * The next piece of the body, with backpressure for who takes none; undefined when none is here yet, null at the end. Throws
   * SessionLost when it breaks off.
   */
  take(): Buffer | null | undefined {
    const chunk = this.arrived.take();
    if (chunk) {
      if (this.arrived.bytes < AHEAD && this.stream.isPaused()) this.goOn();
      return chunk;
    }
    if (!this.stream.readableEnded && !this.stream.destroyed) return undefined;
    if (!this.stream.readableEnded) throw asLost(this.stream.errored);
    // A connection that ends midway looks like the body's end to Node; only the stream's code tells.
    if (this.stream.rstCode) throw new SessionLost();
    return null;
  }

  /** From now on `wake` is called whenever there may be something to take. */
  onArrival(wake: () => void): void {
    this.wake = wake;
  }

  /** The answer's body as it comes, with backpressure. Once only. */
  async *body(): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = this.take();
      if (chunk) yield chunk;
      else if (chunk === null) return;
      else await new Promise<void>((resolve) => this.onArrival(resolve));
    }
  }

  /** A body that must be small. PAYLOAD_TOO_LARGE past `limit` bytes. */
  async readAll(limit: number): Promise<Buffer> {
    const all = new Pieces();
    for await (const chunk of this.body()) {
      all.add(chunk);
      if (all.bytes > limit) throw new AtollError('PAYLOAD_TOO_LARGE', `more than ${limit} bytes`);
    }
    return all.takeAll();
  }

  /** For frames, which are few and bounded: it waits for nothing. Bodies of any length go by `pour`. */
  write(chunk: Buffer): void {
    if (this.stream.writable) this.stream.write(chunk);
  }

  end(chunk?: Buffer): void {
    if (this.stream.writable) this.stream.end(chunk);
  }

  /** Sends all of a stream as this request's body, with backpressure; see `pour`. */
  pour(source: Readable, bounds?: PourBounds): Promise<void> {
    return pour(source, this.stream, bounds);
  }

  /** Leaves nothing half open, whatever state it is in. */
  drop(): void {
    if (!this.stream.closed) this.stream.destroy();
  }

  private keep(chunk: Buffer): void {
    this.arrived.add(chunk);
    if (this.arrived.bytes >= AHEAD) this.stream.pause();
    this.wake();
  }

  /**
   * A paused stream still gets all that its window lets through, as the frames that it came in: a byte each, if the agent so wishes, and
   * millions of them. Node hands each of them to `push`: there small ones are held, and go on as one when they are more.
   */
  private holdSmall(): void {
    const { stream, held } = this;
    const push = stream.push.bind(stream);
    this.release = () => held.bytes === 0 || push(held.takeAll());
    stream.push = (chunk: Buffer | null) => {
      if (chunk === null || !stream.isPaused() || chunk.length >= TOGETHER) {
        this.release();
        return push(chunk);
      }
      held.add(chunk);
      return held.bytes < TOGETHER || this.release();
    };
  }

  private goOn(): void {
    if (!this.stream.destroyed) this.release();
    this.stream.resume();
  }
}

/** A broken stream is a lost session; the caller's own abort and our own errors stay what they are. */
function asLost(error: unknown): unknown {
  if (error instanceof AtollError) return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  return new SessionLost(error);
}
