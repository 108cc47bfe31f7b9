import { Readable } from 'node:stream';
import { within } from '../common/deadline.js';
import { fileBytes } from '../common/metrics/metrics.js';
import type { Exchange } from './exchange.js';
import { misunderstood } from './file-entries.js';

/**
 * Chunks as a stream of bytes. Destroying it calls `stop` at once, which must let a waiting chunk fail: `Readable.from` would wait for
 * that chunk first, and a source that is silent would never be given up.
 */
export function streamOf(chunks: AsyncGenerator<Buffer>, stop: () => void): Readable {
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
export function bodyOf(request: Exchange, idleMs: number, length?: number): Readable {
  return streamOf(watched(request, idleMs, length), () => request.drop());
}

async function* watched(request: Exchange, idleMs: number, length?: number): AsyncGenerator<Buffer> {
  const chunks = request.body();
  let size = 0;
  for (;;) {
    const next = await within(chunks.next(), idleMs, 'the sandbox');
    if (next.done) break;
    size += next.value.length;
    if (length !== undefined && size > length) break;
    fileBytes.inc({ direction: 'read' }, next.value.length);
    yield next.value;
  }
  if (length !== undefined && size !== length) throw misunderstood(new Error(`${size} bytes instead of ${length}`));
}
