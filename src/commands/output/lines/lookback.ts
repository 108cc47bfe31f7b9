import type { OutputRecord, StreamName } from '../records.js';
import { MAX_DISTANCE, NEWLINE, nothing, type Pending } from './line-cutter.js';
import type { Place } from './seq.js';
import { unfinishedCharacter } from './utf8.js';

/** What a reader at this place has not had yet, though it lies before it: found again in the log, so that nobody has to remember it. */
export class Lookback {
  private readonly tails: Record<StreamName, Pending> = { stdout: nothing(), stderr: nothing() };

  /** Read the log from here. */
  readonly from: number;

  constructor(position: number) {
    this.from = Math.max(0, position - 2 * MAX_DISTANCE);
  }

  /** A record, or its first part, that lies before the place. */
  add({ stream, data, time }: OutputRecord, dataPosition: number): void {
    const newline = data.lastIndexOf(NEWLINE);
    if (newline >= 0 || this.tails[stream].bytes === 0) this.tails[stream] = nothing(dataPosition + newline + 1, time);
    const rest = data.subarray(newline + 1);
    if (rest.length === 0) return;
    this.tails[stream].chunks.push(Buffer.from(rest));
    this.tails[stream].bytes += rest.length;
  }

  /** Output is missing here: no line goes on behind it. */
  jump(): void {
    this.tails.stdout = nothing();
    this.tails.stderr = nothing();
  }

  pending({ begun }: Place, wholeCharacters: boolean): Record<StreamName, Pending> {
    return {
      stdout: this.of('stdout', begun.stdout, wholeCharacters),
      stderr: this.of('stderr', begun.stderr, wholeCharacters),
    };
  }

  private of(stream: StreamName, begun: boolean, wholeCharacters: boolean): Pending {
    const tail = this.tails[stream];
    if (!begun) return tail;
    if (!wholeCharacters) return nothing();
    const data = Buffer.concat(tail.chunks);
    const kept = data.subarray(data.length - unfinishedCharacter(data));
    return { chunks: kept.length > 0 ? [kept] : [], bytes: kept.length, position: tail.position, time: tail.time };
  }
}
