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
    const bytes = await readFile(path);
    const whole = bytes.subarray(0, wholeRecords(bytes)); // the writer may be in the middle of the last one
    for (const record of recordsOf(whole)) pick(record, stdout, stderr).push(record.data);
    expected = position + whole.length;
  }
  return { stdout: stdout.text(), stderr: stderr.text(), truncated: gap || stdout.cut || stderr.cut };
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
    if (all.length <= this.maxBytes) return all.toString();
    this.cut = true;
    let from = all.length - this.maxBytes;
    while (from < all.length && (all[from] & 0xc0) === 0x80) from++; // not from the middle of a character
    return all.subarray(from).toString();
  }
}
