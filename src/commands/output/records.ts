import { AtollError } from '../../common/errors/atoll-error.js';

/** A piece of a command's output, as the agent cut it; see "The log of a command" in docs/agent-protocol.md. */
export interface OutputRecord {
  stream: 'stdout' | 'stderr';
  data: Buffer;
}

const HEADER = 12;
const MAX_DATA = 65_536;

/** Bytes of the whole records that a buffer begins with; less than its length where one is cut off or malformed. */
export function wholeRecords(buffer: Buffer): number {
  let at = 0;
  for (;;) {
    const end = endOfRecord(buffer, at);
    if (end === undefined || end > buffer.length) return at;
    at = end;
  }
}

/** The records of a buffer of whole records. */
export function* recordsOf(buffer: Buffer): Generator<OutputRecord> {
  let at = 0;
  while (at < buffer.length) {
    const end = endOfRecord(buffer, at);
    if (end === undefined || end > buffer.length)
      throw new AtollError('INTERNAL_ERROR', 'a record of output is malformed');
    yield { stream: buffer[at] === 1 ? 'stdout' : 'stderr', data: buffer.subarray(at + HEADER, end) };
    at = end;
  }
}

/** Where the record at this place would end; undefined where there is none. */
function endOfRecord(buffer: Buffer, at: number): number | undefined {
  if (at + HEADER > buffer.length) return undefined;
  const length = buffer.readUIntBE(at + 1, 3);
  if ((buffer[at] !== 1 && buffer[at] !== 2) || length === 0 || length > MAX_DATA) return undefined;
  return at + HEADER + length;
}
