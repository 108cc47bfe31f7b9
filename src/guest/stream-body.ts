import { Readable } from 'node:stream';
import { AtollError } from '../common/errors/atoll-error.js';
import { fileBytes } from '../common/metrics/metrics.js';
import { spent } from '../common/spent.js';
import type { Exchange } from './exchange.js';
import { misunderstood } from './file-entries.js';

/**
 * Chunks as a stream of bytes. Destroying it calls `stop` at once, which must let a waiting chunk fail: `Readable.from` would wait for
 * that chunk first, and a source that is silent would never be given up.
 */
export function streamOf(chunks: AsyncIterator<Buffer>, stop: () => void): Readable {
  return new Readable({
    highWaterMark: 64 * 1024,
    read() {
      chunks.next().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      stop();
      done(error);
    },
  });
}

/**
 * The body of an answer as a stream. Whoever destroys it drops the request, so that the agent stops. It fails when the agent is silent for
 * `idleMs` while somebody waits for it, and when it is not `length` bytes.
 */
export const bodyOf = (request: Exchange, idleMs: number, length?: number): Readable =>
  new AnswerBody(request, idleMs, length);

const bytesRead = fileBytes.labels({ direction: 'read' });

/** Pieces go through as they came, without a promise or a copy for each: that is what large files cost. */
class AnswerBody extends Readable {
  private size = 0;
  private waiting = false;
  private readonly idle: NodeJS.Timeout;

  constructor(
    private readonly request: Exchange,
    idleMs: number,
    private readonly length?: number,
  ) {
    super({ highWaterMark: 64 * 1024 });
    this.idle = setTimeout(() => this.late(idleMs), idleMs);
    request.onArrival(() => {
      if (this.waiting) this._read();
    });
  }

  override _read(): void {
    try {
      this.waiting = !this.pass();
      if (this.waiting) this.idle.refresh();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.idle);
    this.request.drop();
    done(error);
  }

  /** Hands on what is here; false when more is wanted than that. */
  private pass(): boolean {
    for (;;) {
      const chunk = this.request.take();
      if (chunk === undefined) return false;
      if (chunk) this.count(chunk.length);
      if (this.length !== undefined && (chunk ? this.size > this.length : this.size !== this.length))
        throw misunderstood(new Error(`${this.size} bytes instead of ${this.length}`));
      if (!this.push(chunk)) return true;
    }
  }

  private count(bytes: number): void {
    this.size += bytes;
    bytesRead.inc(bytes);
    spent(bytes);
  }

  private late(idleMs: number): void {
    if (this.waiting) this.destroy(new AtollError('TIMEOUT', `the sandbox took longer than ${idleMs} ms`));
  }
}
