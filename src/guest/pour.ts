import type { Readable, Writable } from 'node:stream';
import { AtollError } from '../common/errors/atoll-error.js';

export interface PourBounds {
  /** Bytes in all; more is a PAYLOAD_TOO_LARGE. Default: as many as come. */
  limit?: number;
  /** That nothing moves, in ms; then it is a TIMEOUT. Default: as long as it takes. */
  idleMs?: number;
  /** Told of each chunk that is sent. */
  onBytes?: (bytes: number) => void;
  /** Whether the sink is ended with the source. Default true. */
  end?: boolean;
}

/** Bytes that may wait in the sink: it takes several chunks at once far cheaper than one after the other. */
const AHEAD = 512 * 1024;

/**
 * Sends all of `source` into `sink`, no faster than that takes it. Resolves when the source has ended, and early when the sink takes no
 * more: its other side then says why. What is left of the source is thrown away, so that whoever sends it can hear the answer. Rejects with
 * PAYLOAD_TOO_LARGE, TIMEOUT, or BAD_REQUEST when the source breaks off (an AtollError of its own stays what it is); the sink is then not
 * ended.
 */
export function pour(source: Readable, sink: Writable, bounds: PourBounds = {}): Promise<void> {
  const { limit = Infinity, idleMs, onBytes, end = true } = bounds;
  return new Promise((resolve, reject) => {
    let size = 0;
    const idle = idleMs === undefined ? undefined : setTimeout(() => finish(late(source.isPaused(), idleMs)), idleMs);
    const finish = (error?: Error) => {
      clearTimeout(idle);
      source.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
      sink.off('drain', onDrain).off('close', onGone);
      source.on('error', () => undefined).resume();
      if (error) reject(error);
      else resolve();
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      idle?.refresh();
      onBytes?.(chunk.length);
      if (size > limit) finish(new AtollError('PAYLOAD_TOO_LARGE', `the body is larger than ${limit} bytes`));
      else if (!sink.writable) finish();
      else if (!sink.write(chunk) && sink.writableLength >= AHEAD) source.pause();
    };
    const onDrain = () => {
      idle?.refresh();
      source.resume();
    };
    const onEnd = () => {
      if (end && sink.writable) sink.end();
      finish();
    };
    const onBroken = (error?: unknown) =>
      finish(
        error instanceof AtollError ? error : new AtollError('BAD_REQUEST', 'the body broke off; nothing is changed'),
      );
    const onGone = () => finish();
    if (sink.destroyed) {
      finish();
      return;
    }
    if (source.destroyed && !source.readableEnded) {
      onBroken();
      return;
    }
    source.on('end', onEnd).on('error', onBroken).on('close', onBroken).on('data', onData);
    sink.on('drain', onDrain).on('close', onGone);
    if (source.readableEnded) onEnd();
  });
}

const late = (waitingForSink: boolean, ms: number) =>
  new AtollError(
    'TIMEOUT',
    waitingForSink ? `the sandbox took nothing for ${ms} ms` : `nothing of the body arrived for ${ms} ms`,
  );
