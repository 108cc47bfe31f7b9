import type { OutputRecord, StreamName } from '../records.js';
import { seqOf, seqPastEnd, type Place } from './seq.js';
import { unfinishedCharacter } from './utf8.js';

/** A line with its terminator, or a part of one. Its bytes are good until the next record is read. */
export interface Piece {
  stream: StreamName;
  data: Buffer;
  seq: number;
}

/** Of a line that is not finished. */
export interface Pending {
  chunks: Buffer[];
  bytes: number;
  /** Position and time (unix µs) of its first byte. */
  position: number;
  time: number;
}

export const NEWLINE = 0x0a;
/** A line past this comes in pieces. */
const MAX_LINE = 65_536;
/** An unfinished line is handed out when it is this old, by the times in the log; a reader at the log's end does so by its own clock. */
const MAX_AGE_US = 100_000;
/** … or when the log has gone on this far: so a reader that comes back knows how far to look back for one. */
export const MAX_DISTANCE = 1024 * 1024;

const STREAMS = ['stdout', 'stderr'] as const;

/**
 * Cuts a command's log into lines, stream by stream. A line that is too long, or unfinished for too long, is begun: handed out as far as it
 * goes, and what follows comes as it is said. `wholeCharacters`: no piece ends within a UTF-8 character, unless the log does.
 */
export class LineCutter implements Place {
  position: number;
  readonly begun: Record<StreamName, boolean>;

  constructor(
    place: Place,
    private readonly wholeCharacters: boolean,
    private readonly pending: Record<StreamName, Pending>,
  ) {
    this.position = place.position;
    this.begun = { ...place.begun };
  }

  /** The next record, or its rest, whose data begins at this position of the log. */
  *push({ stream, data, time }: OutputRecord, dataPosition: number): Generator<Piece> {
    yield* this.flushWhere(
      ({ position, time: since }) => time - since > MAX_AGE_US || dataPosition - position > MAX_DISTANCE,
    );
    for (let at = 0; at < data.length;) {
      const newline = data.indexOf(NEWLINE, at);
      const end = newline < 0 ? data.length : newline + 1;
      const part = data.subarray(at, Math.min(end, at + MAX_LINE - this.pending[stream].bytes));
      this.add(stream, part, dataPosition + at, time);
      at += part.length;
      this.position = dataPosition + at;
      if (newline >= 0 && at === end) yield this.finishLine(stream);
      else if (this.begun[stream] || at < end) yield* this.begin(stream);
    }
    this.keep(stream);
  }

  /** Unix ms at which an unfinished line is old enough; undefined when there is none. */
  get dueAt(): number | undefined {
    const times = STREAMS.filter((stream) => this.isWaiting(stream)).map((stream) => this.pending[stream].time);
    return times.length === 0 ? undefined : (Math.min(...times) + MAX_AGE_US) / 1000;
  }

  /** Hands out unfinished lines. */
  flush(): Generator<Piece> {
    return this.flushWhere(() => true);
  }

  /** Output is missing: what is unfinished will never be finished, and the log goes on at this position. */
  *jump(position: number): Generator<Piece> {
    yield* this.flush();
    this.position = position;
    for (const stream of STREAMS) {
      this.begun[stream] = false;
      this.pending[stream] = nothing();
    }
  }

  /** The log is at its end: nothing is held back any more. */
  *end(): Generator<Piece> {
    yield* this.flush();
    for (const [nth, stream] of STREAMS.entries()) {
      const { bytes, chunks } = this.pending[stream];
      if (bytes > 0) yield { stream, data: Buffer.concat(chunks), seq: seqPastEnd(this.position, nth as 0 | 1) };
      this.pending[stream] = nothing();
    }
  }

  private isWaiting(stream: StreamName): boolean {
    return !this.begun[stream] && this.pending[stream].bytes > 0;
  }

  /** The record's bytes are its reader's: what waits is copied. */
  private keep(stream: StreamName): void {
    const { chunks } = this.pending[stream];
    if (chunks.length > 0) chunks.push(Buffer.from(chunks.pop()!));
  }

  private *flushWhere(isDue: (pending: Pending) => boolean): Generator<Piece> {
    for (const stream of STREAMS) {
      if (this.isWaiting(stream) && isDue(this.pending[stream])) yield* this.begin(stream);
    }
  }

  private add(stream: StreamName, data: Buffer, position: number, time: number): void {
    const pending = this.pending[stream];
    if (pending.bytes === 0) Object.assign(pending, { position, time });
    pending.chunks.push(data);
    pending.bytes += data.length;
  }

  private finishLine(stream: StreamName): Piece {
    this.begun[stream] = false;
    return { stream, data: this.take(stream), seq: seqOf(this) };
  }

  /** Hands out what there is of a line, and from now on all that comes of it. */
  private *begin(stream: StreamName): Generator<Piece> {
    this.begun[stream] = true;
    const all = this.take(stream);
    const kept = this.wholeCharacters ? unfinishedCharacter(all) : 0;
    if (kept > 0) this.add(stream, all.subarray(all.length - kept), this.position, 0);
    if (all.length > kept) yield { stream, data: all.subarray(0, all.length - kept), seq: seqOf(this) };
  }

  private take(stream: StreamName): Buffer {
    const { chunks } = this.pending[stream];
    this.pending[stream] = nothing();
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  }
}

/** Of a line that would begin here. */
export const nothing = (position = 0, time = 0): Pending => ({ chunks: [], bytes: 0, position, time });
