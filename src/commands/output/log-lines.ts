import { LineCutter } from './lines/line-cutter.js';
import { Lookback } from './lines/lookback.js';
import type { Piece } from './lines/line-cutter.js';
import { placeOf, seqOf, type Place } from './lines/seq.js';
import { LogCursor, type LogRecords } from './log-cursor.js';
import { recordsOf, type OutputRecord } from './records.js';

/** Output is missing here: it was past a bound. */
export interface Missing {
  missing: number;
  seq: number;
}

export type LogLine = Piece | Missing;

/** A command's log as lines, from the first kept byte or behind a piece that a reader has had. Read it while it grows. */
export class LogLines {
  private cutter?: LineCutter;
  private readonly place: Place;
  /** Gone once it has served: it may hold megabytes of an unfinished line. */
  private lookback?: Lookback;
  private readonly cursor: LogCursor;

  constructor(
    folder: string,
    private readonly after: number,
    private readonly wholeCharacters: boolean,
  ) {
    this.place = placeOf(after);
    const lookback = new Lookback(this.place.position);
    this.lookback = lookback;
    this.cursor = new LogCursor(folder, lookback.from);
  }

  /**
   * The next lines of the log before `limit`; undefined at the limit. They may be none: a line goes on behind it. They are cut as they are taken, one
   * after the other, since 64 KiB may be as many lines; take all before the next call, after which their bytes are gone.
   */
  async next(limit: number): Promise<Iterable<LogLine> | undefined> {
    const part = await this.cursor.next(limit);
    if (!part) {
      this.begin(limit); // a line that was unfinished when the reader left may be due now
      return undefined;
    }
    if ('missingUntil' in part) return this.jump(part.position, part.missingUntil);
    return this.cut(part);
  }

  /** Unix ms at which an unfinished line is to be handed out by `flush`. */
  get dueAt(): number | undefined {
    return this.cutter?.dueAt;
  }

  /** Of the last line. */
  get seq(): number {
    return seqOf(this.begin());
  }

  flush(): Piece[] {
    return [...(this.cutter?.flush() ?? [])];
  }

  /** The log is at its end, for good: `next` has said so. */
  end(): Piece[] {
    return [...this.begin().end()].filter(({ seq }) => seq > this.after);
  }

  close(): Promise<void> {
    return this.cursor.close();
  }

  private *cut({ position, records }: LogRecords): Generator<Piece> {
    for (const record of recordsOf(records)) yield* this.take(record, position + record.dataAt);
  }

  private *take(record: OutputRecord, dataPosition: number): Generator<Piece> {
    const before = this.cutter ? 0 : Math.min(record.data.length, this.place.position - dataPosition);
    if (before > 0) this.lookback?.add({ ...record, data: record.data.subarray(0, before) }, dataPosition);
    if (before === record.data.length) return;
    const rest = before > 0 ? { ...record, data: record.data.subarray(before) } : record;
    yield* this.begin().push(rest, dataPosition + Math.max(0, before));
  }

  private jump(from: number, to: number): LogLine[] {
    const { position } = this.place;
    if (!this.cutter && to <= position) {
      this.lookback?.jump();
      return [];
    }
    const pieces = [...this.begin().jump(to)];
    return [...pieces, { missing: to - Math.max(from, position), seq: seqOf(this.begin()) }];
  }

  /** All that is before the reader's place has been looked at. Whoever has had the very end comes back from behind it. */
  private begin(limit = Infinity): LineCutter {
    if (this.cutter) return this.cutter;
    const place =
      this.place.position <= limit ? this.place : { position: limit, begun: { stdout: true, stderr: true } };
    this.cutter = new LineCutter(place, this.wholeCharacters, this.lookback!.pending(place, this.wholeCharacters));
    this.lookback = undefined;
    return this.cutter;
  }
}
