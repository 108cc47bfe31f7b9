import { AtollError } from '../../common/errors/atoll-error.js';

/** A piece of a command's output, as the agent cut it; see "The log of a command" in docs/agent-protocol.md. */
export interface OutputRecord {
  stream: 'stdout' | 'stderr';
  data: Buffer;
}

const HEADER = 12;
const MAX_DATA = 65_536;

/** Bytes of the whole records that a buffer begins with; less than its length when the last one is cut off. */
export function wholeRecords(buffer: Buffer): number {
  let at = 0;
  while (at + HEADER <= buffer.length) {
    const next = at + HEADER + dataLength(buffer, at);
    if (next > buffer.length) break;
    at = next;
  }
  return at;
}

/** The records of a buffer of whole records. */
export function* recordsOf(buffer: Buffer): Generator<OutputRecord> {
  let at = 0;
  while (at < buffer.length) {
    const end = at + HEADER + dataLength(buffer, at);
    if (end > buffer.length) throw malformed();
    yield { stream: buffer[at] === 1 ? 'stdout' : 'stderr', data: buffer.subarray(at + HEADER, end) };
    at = end;
  }
}

function dataLength(buffer: Buffer, at: number): number {
  const length = buffer.readUIntBE(at + 1, 3);
  if ((buffer[at] !== 1 && buffer[at] !== 2) || length === 0 || length > MAX_DATA) throw malformed();
  return length;
}

const malformed = () => new AtollError('INTERNAL_ERROR', 'a record of output is malformed');
