import { readFile } from 'node:fs/promises';
import { recordsOf, wholeRecords, type OutputRecord } from './records.js';
import { segmentsOf, type Segment } from './segments.js';

export type StreamName = OutputRecord['stream'];

/** A command's log as it lies in files, as far as it had come when it was opened. */
export class OutputLog {
  private constructor(
    private readonly segments: (Segment & { length: number })[],
    /** Bytes of each stream. */
    readonly sizes: Readonly<Record<StreamName, number>>,
    /** Output is missing: dropped at its bound, here or in the sandbox. */
    readonly gap: boolean,
  ) {}

  static async open(folder: string): Promise<OutputLog> {
    const segments: (Segment & { length: number })[] = [];
    const sizes = { stdout: 0, stderr: 0 };
    let expected = 0;
    let gap = false;
    for (const segment of await segmentsOf(folder)) {
      const bytes = await readSegment(segment.path);
      if (!bytes) continue; // the writer dropped it as the oldest, which the next one shows as a gap
      gap ||= segment.position !== expected;
      const length = wholeRecords(bytes); // the writer may be in the middle of the last one
      for (const { stream, data } of recordsOf(bytes.subarray(0, length))) sizes[stream] += data.length;
      segments.push({ ...segment, length });
      expected = segment.position + length;
    }
    return new OutputLog(segments, sizes, gap);
  }

  /** One stream's bytes from an offset on, piece by piece; a megabyte or so of them at once in memory. */
  async *read(stream: StreamName, from: number): AsyncGenerator<Buffer> {
    let skip = from;
    for (const { path, length } of this.segments) {
      const bytes = await readSegment(path);
      if (!bytes) continue;
      for (const record of recordsOf(bytes.subarray(0, length))) {
        if (record.stream !== stream) continue;
        const { data } = record;
        if (skip < data.length) yield data.subarray(skip);
        skip = Math.max(0, skip - data.length);
      }
    }
  }
}

async function readSegment(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
