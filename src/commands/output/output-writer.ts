import { mkdir, open, readFile, stat, truncate, type FileHandle } from 'node:fs/promises';
import { AtollError } from '../../common/errors/atoll-error.js';
import { wholeRecords } from './records.js';
import { removeSegment, segmentPath, segmentsOf, type Segment } from './segments.js';

/** Small enough that dropping the oldest drops little, large enough that a big log is few files. */
const SEGMENT_BYTES = 8 * 1024 * 1024;
/** Each gap in a log begins a segment, and an agent that lies could make gaps only. */
const MAX_SEGMENTS = 1024;

/**
 * Appends a command's log to files in the data directory. How much is there is told by the files alone, so a service that was killed
 * goes on exactly where it was.
 */
export class OutputWriter {
  private file?: FileHandle;
  private current?: Segment;
  private segments: Segment[] = [];

  private constructor(
    private readonly folder: string,
    private readonly maxBytes: number,
    private end: number,
  ) {}

  /** Goes on with what is there; a record that a killed service wrote half, and what a lost disk made of others, is cut off. */
  static async resume(folder: string, maxBytes: number): Promise<OutputWriter> {
    const segments = await segmentsOf(folder);
    const last = segments.at(-1);
    if (!last) return new OutputWriter(folder, maxBytes, 0);
    const whole = wholeRecords(await readFile(last.path));
    if (whole < (await stat(last.path)).size) await truncate(last.path, whole);
    const writer = new OutputWriter(folder, maxBytes, last.position + whole);
    writer.segments = segments;
    return writer;
  }

  /** A command that has said nothing yet: there is nothing to look for. */
  static fresh(folder: string, maxBytes: number): OutputWriter {
    return new OutputWriter(folder, maxBytes, 0);
  }

  /** The position behind the last byte: what the agent need not keep. */
  get position(): number {
    return this.end;
  }

  /** Whole records for this position. What is there already is not written twice; a gap begins a new segment. */
  async append(position: number, records: Buffer): Promise<void> {
    if (wholeRecords(records) !== records.length)
      throw new AtollError('INTERNAL_ERROR', 'the agent sent something that is not whole records');
    if (position < this.end) return; // sent again after a broken connection
    if (position > this.end || !this.file || this.end - (this.current?.position ?? 0) >= SEGMENT_BYTES)
      await this.nextSegment(position);
    await this.writeAll(records);
    this.end = position + records.length;
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private async nextSegment(position: number): Promise<void> {
    await this.close();
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    this.current = { position, path: segmentPath(this.folder, position) };
    this.file = await open(this.current.path, 'a', 0o600);
    // A segment of which nothing was whole goes on under its own name.
    if (this.segments.at(-1)?.position !== position) this.segments.push(this.current);
    await this.dropOldest();
  }

  /** By what the files really hold: positions may jump. */
  private async dropOldest(): Promise<void> {
    const sizes = await Promise.all(this.segments.map(async ({ path }) => (await stat(path)).size));
    let total = sizes.reduce((sum, size) => sum + size, 0);
    while (this.segments.length > 1 && (total > this.maxBytes || this.segments.length > MAX_SEGMENTS)) {
      const [oldest] = this.segments.splice(0, 1);
      total -= sizes.shift() ?? 0;
      await removeSegment(oldest);
    }
  }

  private async writeAll(records: Buffer): Promise<void> {
    let rest = records;
    try {
      while (rest.length > 0) {
        const { bytesWritten } = await this.file!.write(rest);
        rest = rest.subarray(bytesWritten);
      }
    } catch (error) {
      // A full disk took half of it. Nothing may be left behind the position, for the same will be sent again.
      await this.file!.truncate(this.end - this.current!.position);
      throw error;
    }
  }
}
