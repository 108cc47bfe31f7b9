import { readFile } from 'node:fs/promises';
import { recordsOf, wholeRecords, type OutputRecord } from './records.js';
import { segmentsOf } from './segments.js';

/** What is kept of a command's output, as text. */
export interface Logs {
  stdout: string;
  stderr: string;
  /** Older output is missing: dropped at its bound, or more than asked for. */
  truncated: boolean;
}

/** The last bytes of both streams, at most `maxBytes` of each. What is not UTF-8 is replaced. */
export async function readLogs(folder: string, maxBytes: number): Promise<Logs> {
  const stdout = new Tail(maxBytes);
  const stderr = new Tail(maxBytes);
  const segments = await segmentsOf(folder);
  let expected = 0;
  let gap = false;
  for (const { position, path } of segments) {
    gap ||= position !== expected;
    const bytes = await readSegment(path);
    if (!bytes) continue; // the writer dropped it as the oldest, which the next one shows as a gap
    const whole = bytes.subarray(0, wholeRecords(bytes)); // the writer may be in the middle of the last one
    for (const record of recordsOf(whole)) pick(record, stdout, stderr).push(record.data);
    expected = position + whole.length;
  }
  return { stdout: stdout.text(), stderr: stderr.text(), truncated: gap || stdout.cut || stderr.cut };
}

async function readSegment(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const pick = (record: OutputRecord, stdout: Tail, stderr: Tail): Tail => (record.stream === 'stdout' ? stdout : stderr);

class Tail {
  cut = false;
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    while (this.bytes - (this.chunks[0]?.length ?? 0) >= this.maxBytes && this.bytes > this.maxBytes) {
      this.bytes -= this.chunks.shift()!.length;
      this.cut = true;
    }
  }

  text(): string {
    const all = Buffer.concat(this.chunks);
    let from = Math.max(0, all.length - this.maxBytes);
    this.cut ||= from > 0;
    // Not from the middle of a character: it has at most three more bytes behind its first.
    for (let more = 0; this.cut && more < 3 && (all[from] & 0xc0) === 0x80; more++) from++;
    return all.subarray(from).toString();
  }
}
