import { LogCursor, type LogPart } from './log-cursor.js';
import { recordsOf, type StreamName } from './records.js';

const NEWLINE = 0x0a;

/** A command's log as it lies in files, up to a position that it is known to have reached. */
export class OutputLog {
  private constructor(
    private readonly folder: string,
    private readonly length: number,
    /** Bytes of each stream. */
    readonly sizes: Readonly<Record<StreamName, number>>,
    private readonly kept: { gap: boolean; first: number },
  ) {}

  /** Output is missing: dropped at its bound, here or in the sandbox, or while it was being read. */
  get gap(): boolean {
    return this.kept.gap;
  }

  /** Position of the first byte kept. */
  get first(): number {
    return this.kept.first;
  }

  static async open(folder: string, length: number): Promise<OutputLog> {
    const sizes = { stdout: 0, stderr: 0 };
    let gap = false;
    let first: number | undefined;
    for await (const part of partsOf(folder, length)) {
      gap ||= 'missingUntil' in part;
      if (!('records' in part)) continue;
      first ??= part.position;
      for (const { stream, data } of recordsOf(part.records)) sizes[stream] += data.length;
    }
    return new OutputLog(folder, length, sizes, { gap, first: first ?? length });
  }

  /** The offset in a stream from which it holds this many lines; an unfinished last one counts. */
  async lastLines(stream: StreamName, count: number): Promise<number> {
    if (count === 0) return this.sizes[stream];
    const lines = await this.lines(stream);
    let skip = lines - count;
    if (skip <= 0) return 0;
    let offset = 0;
    for await (const data of this.read(stream, 0)) {
      for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) {
        if (--skip === 0) return offset + at + 1;
      }
      offset += data.length;
    }
    return this.sizes[stream];
  }

  /** One stream's bytes from an offset on, piece by piece, each good until the next one is asked for. */
  async *read(stream: StreamName, from: number): AsyncGenerator<Buffer> {
    let skip = from;
    for await (const part of partsOf(this.folder, this.length)) {
      if (!('records' in part)) {
        this.kept.gap = true;
        if (part.position === 0) this.kept.first = part.missingUntil;
        continue;
      }
      for (const record of recordsOf(part.records)) {
        if (record.stream !== stream) continue;
        const { data } = record;
        if (skip < data.length) yield data.subarray(skip);
        skip = Math.max(0, skip - data.length);
      }
    }
  }

  private async lines(stream: StreamName): Promise<number> {
    let lines = 0;
    let last: number | undefined = NEWLINE;
    for await (const data of this.read(stream, 0)) {
      for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) lines++;
      last = data.at(-1);
    }
    return last === NEWLINE ? lines : lines + 1;
  }
}

async function* partsOf(folder: string, length: number): AsyncGenerator<LogPart> {
  const cursor = new LogCursor(folder, 0);
  try {
    for (let part = await cursor.next(length); part; part = await cursor.next(length)) yield part;
  } finally {
    await cursor.close();
  }
}
