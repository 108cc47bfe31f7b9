import { mkdir, open, readFile, stat, truncate, type FileHandle } from 'node:fs/promises';
import { AtollError } from '../../common/errors/atoll-error.js';
import { wholeRecords } from './records.js';
import { removeSegment, segmentPath, segmentsOf, type Segment } from './segments.js';

/** Small enough that dropping the oldest drops little, large enough that a big log is few files. */
const SEGMENT_BYTES = 8 * 1024 * 1024;
/** Each gap in a log begins a segment, and an agent that lies could make gaps only. */
const MAX_SEGMENTS = 1024;

type Written = Segment & { bytes: number };

/**
 * Appends a command's log to files in the data directory. How much is there is told by the files alone, so a service that was killed
 * goes on exactly where it was.
 */
export class OutputWriter {
  private file?: FileHandle;
  private segments: Written[] = [];
  private readonly readers = new Set<() => void>();
  /** Told of all bytes that were written. */
  onWrite?: (bytes: number) => void;
  onClose?: () => void;

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
    writer.segments = await Promise.all(
      segments.map(async (segment) => ({ ...segment, bytes: (await stat(segment.path)).size })),
    );
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

  /** The log's last file: what is written to, and what tells the next service how far the log goes. */
  get path(): string | undefined {
    return this.segments.at(-1)?.path;
  }

  /** Tells whoever reads along of each append. Returns how to stop that. */
  onAppend(reader: () => void): () => void {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  /** Whole records for this position. What is there already is not written twice; a gap begins a new segment. */
  async append(position: number, records: Buffer): Promise<void> {
    if (wholeRecords(records) !== records.length)
      throw new AtollError('INTERNAL_ERROR', 'the agent sent something that is not whole records');
    if (position < this.end) return; // sent again after a broken connection
    const segment = this.segments.at(-1);
    if (position > this.end || !this.file || !segment || segment.bytes >= SEGMENT_BYTES)
      await this.nextSegment(position);
    await this.writeAll(records);
    this.end = position + records.length;
    for (const reader of this.readers) reader();
    this.onWrite?.(records.length);
  }

  async close(): Promise<void> {
    try {
      await this.closeFile();
    } finally {
      this.onClose?.();
    }
  }

  private async closeFile(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private async nextSegment(position: number): Promise<void> {
    await this.closeFile();
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const path = segmentPath(this.folder, position);
    // A segment of which nothing was whole goes on under its own name. It is ours before it is there: see `path`.
    if (this.segments.at(-1)?.position !== position) this.segments.push({ position, path, bytes: 0 });
    this.file = await open(path, 'a', 0o600);
    await this.dropOldest();
  }

  /** By what the files really hold: positions may jump. */
  private async dropOldest(): Promise<void> {
    let total = this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
    while (this.segments.length > 1 && (total > this.maxBytes || this.segments.length > MAX_SEGMENTS)) {
      const [oldest] = this.segments.splice(0, 1);
      total -= oldest.bytes;
      await removeSegment(oldest); // the bound over all logs may have taken it already
    }
  }

  private async writeAll(records: Buffer): Promise<void> {
    const segment = this.segments.at(-1)!;
    let rest = records;
    try {
      while (rest.length > 0) {
        const { bytesWritten } = await this.file!.write(rest);
        rest = rest.subarray(bytesWritten);
      }
      segment.bytes += records.length;
    } catch (error) {
      // A full disk took half of it. Nothing may be left behind the position, for the same will be sent again.
      await this.file!.truncate(segment.bytes);
      throw error;
    }
  }
}
