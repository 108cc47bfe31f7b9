import { AtollError } from '../common/errors/atoll-error.js';

/** Frames on a command's stream; see docs/agent-protocol.md. */
export type FrameType = 'C' | 'A' | 'R' | 'S' | 'F' | 'O' | 'X';

export interface Frame {
  type: string;
  payload: Buffer;
}

const HEADER = 5;
const NO_BYTES = Buffer.alloc(0);
export const MAX_PAYLOAD = 1024 * 1024;

export function encodeFrame(type: FrameType, payload: Buffer = Buffer.alloc(0)): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + payload.length);
  frame.write(type, 0, 'latin1');
  frame.writeUInt32BE(payload.length, 1);
  payload.copy(frame, HEADER);
  return frame;
}

export function encodePosition(position: number): Buffer {
  const payload = Buffer.allocUnsafe(8);
  payload.writeBigUInt64BE(BigInt(position));
  return payload;
}

/**
 * Cuts a byte stream into frames, wherever its chunks begin and end. Throws on a frame that no agent of ours sends. Frames that cross chunks are
 * put together in one and the same buffer, so that a gigabyte of them leaves no garbage: a payload is good until the next frame is asked for.
 */
export class FrameDecoder {
  /** Room for a frame that has begun, of which so many bytes are there. */
  private room = NO_BYTES;
  private bytes = 0;

  *push(chunk: Buffer): Generator<Frame> {
    let rest = chunk;
    for (;;) {
      const begun = this.bytes > 0 ? this.room.subarray(0, this.bytes) : rest;
      const size = sizeOf(begun);
      if (size !== undefined && size <= begun.length) {
        if (this.bytes === 0) rest = rest.subarray(size);
        this.bytes = 0;
        yield { type: String.fromCharCode(begun[0]), payload: begun.subarray(HEADER, size) };
      } else if (rest.length > 0) {
        rest = this.take(rest, size ?? HEADER);
      } else break;
    }
    if (this.bytes === 0) this.room = NO_BYTES; // it may say nothing more for long
  }

  /** Takes what a frame of this size still wants. Gives what is left. */
  private take(from: Buffer, size: number): Buffer {
    if (this.room.length < size) this.room = Buffer.concat([this.room.subarray(0, this.bytes)], size);
    const taken = from.copy(this.room, this.bytes, 0, size - this.bytes);
    this.bytes += taken;
    return from.subarray(taken);
  }
}

/** Of the frame that begins here; undefined when not even its header is there. */
function sizeOf(bytes: Buffer): number | undefined {
  if (bytes.length < HEADER) return undefined;
  const length = bytes.readUInt32BE(1);
  if (length > MAX_PAYLOAD) throw new AtollError('INTERNAL_ERROR', 'the agent sent a frame that is too large');
  return HEADER + length;
}
