import type { StreamName } from '../records.js';

/**
 * Where a reader is in a command's log: it has had all before `position`, but for the unfinished line of a stream that is not
 * `begun`. Of a stream that is begun, all was handed out, and the next piece goes on within a line.
 */
export interface Place {
  /** A byte of the log; it may lie within a record. */
  position: number;
  begun: Record<StreamName, boolean>;
}

/** Behind the last piece: this much past the log's end, so that it is larger than the seq of any piece. */
const PAST_END = 1;

/**
 * A place as one number, which grows from piece to piece: at one position streams only become begun. It is made of the log
 * alone, so any service that has the log understands it. A log of 2^51 bytes fits.
 */
export function seqOf({ position, begun }: Place): number {
  return position * 4 + (begun.stdout ? 1 : 0) + (begun.stderr ? 2 : 0);
}

/** Before the first byte of a record: nothing is begun. */
export const seqAt = (position: number): number => seqOf({ position, begun: { stdout: false, stderr: false } });

export function placeOf(seq: number): Place {
  const bits = seq % 4;
  return { position: (seq - bits) / 4, begun: { stdout: (bits & 1) !== 0, stderr: (bits & 2) !== 0 } };
}

/** Of what is said when the log is at its end: half characters (0 and 1), then the exit (2). */
export const seqPastEnd = (length: number, nth: 0 | 1 | 2): number => (length + PAST_END) * 4 + nth;
