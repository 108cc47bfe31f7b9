import { AtollError } from '../../common/errors/atoll-error.js';

export type StreamName = 'stdout' | 'stderr';

/** A piece of a command's output, as the agent cut it; see "The log of a command" in docs/agent-protocol.md. */
export interface OutputRecord {
  stream: StreamName;
  /** When the agent read it: unix microseconds by the sandbox's clock, which is not to be trusted. */
  time: number;
  data: Buffer;
  /** Bytes from the buffer's start to the data. */
  dataAt: number;
}

export const RECORD_HEADER = 12;
const MAX_DATA = 65_536;
/** The largest record there is. */
export const MAX_RECORD = RECORD_HEADER + MAX_DATA;

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
    const dataAt = at + RECORD_HEADER;
    const time = buffer.readUInt32BE(at + 4) * 2 ** 32 + buffer.readUInt32BE(at + 8);
    yield { stream: buffer[at] === 1 ? 'stdout' : 'stderr', time, data: buffer.subarray(dataAt, end), dataAt };
    at = end;
  }
}

/** Where the record at this place would end; undefined where there is none. */
function endOfRecord(buffer: Buffer, at: number): number | undefined {
  if (at + RECORD_HEADER > buffer.length) return undefined;
  const length = buffer.readUIntBE(at + 1, 3);
  if ((buffer[at] !== 1 && buffer[at] !== 2) || length === 0 || length > MAX_DATA) return undefined;
  return at + RECORD_HEADER + length;
}
