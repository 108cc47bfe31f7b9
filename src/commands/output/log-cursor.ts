import { open, type FileHandle } from 'node:fs/promises';
import { MAX_RECORD, wholeRecords } from './records.js';
import { segmentsOf, type Segment } from './segments.js';

/** One record at least; little enough that cutting it into lines, even empty ones, holds nobody up. */
const READ_BYTES = MAX_RECORD;

/** Whole records that lie at this position. */
export interface LogRecords {
  position: number;
  records: Buffer;
}

/** … or output that is missing from here on. */
export type LogPart = LogRecords | { position: number; missingUntil: number };

/**
 * Reads a command's log from a position on, a piece at a time, while it may still be written. A file that is dropped while it is being read
 * is read to its end. All is read into one buffer, so that a gigabyte leaves no garbage.
 */
export class LogCursor {
  private file?: FileHandle;
  private segment?: Segment;
  private readonly buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(
    private readonly folder: string,
    private position: number,
  ) {}

  /**
   * The next part before `limit`, which is known to be written or lost; undefined at the limit. At first it may lie before
   * the position that was asked for: records are not cut. Its bytes are good until the next call.
   */
  async next(limit: number): Promise<LogPart | undefined> {
    while (this.position < limit) {
      const part = (await this.read(limit)) ?? (await this.nextSegment(limit));
      if (part) return part;
    }
    return undefined;
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private async read(limit: number): Promise<LogPart | undefined> {
    if (!this.file || !this.segment) return undefined;
    const { position } = this;
    const most = Math.min(READ_BYTES, limit - position);
    const { bytesRead } = await this.file.read(this.buffer, 0, most, position - this.segment.position);
    const records = this.buffer.subarray(0, wholeRecords(this.buffer.subarray(0, bytesRead)));
    if (records.length === 0) return undefined;
    this.position += records.length;
    return { position, records };
  }

  /** Opens the file in which the log goes on; tells of what is missing before it. */
  private async nextSegment(limit: number): Promise<LogPart | undefined> {
    for (const segment of await this.candidates()) {
      const file = await open(segment.path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined; // dropped as the oldest meanwhile
        throw error;
      });
      if (!file) continue;
      await this.close();
      this.file = file;
      this.segment = segment;
      const { position } = this;
      if (segment.position < position) return this.skipTo(position);
      this.position = segment.position;
      return segment.position > position ? { position, missingUntil: segment.position } : undefined;
    }
    const { position } = this;
    this.position = limit;
    return { position, missingUntil: limit };
  }

  /** Those that may hold the position or come after it. */
  private async candidates(): Promise<Segment[]> {
    const all = await segmentsOf(this.folder);
    if (this.segment) return all.filter(({ position }) => position > this.segment!.position);
    const holding = all.findLastIndex(({ position }) => position <= this.position);
    return all.slice(Math.max(0, holding));
  }

  /** Records have no index: goes through the file up to the one that holds the position. */
  private async skipTo(position: number): Promise<undefined> {
    this.position = this.segment!.position;
    while (await this.read(position));
    return undefined;
  }
}
