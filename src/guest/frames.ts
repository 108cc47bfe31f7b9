import { AtollError } from '../common/errors/atoll-error.js';

/** Frames on a command's stream; see docs/agent-protocol.md. */
export type FrameType = 'C' | 'A' | 'R' | 'S' | 'F' | 'O' | 'X';

export interface Frame {
  type: string;
  payload: Buffer;
}

const HEADER = 5;
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

/** Cuts a byte stream into frames, wherever its chunks begin and end. Throws on a frame that no agent of ours sends. */
export class FrameDecoder {
  private pending: Buffer[] = [];
  private pendingBytes = 0;

  *push(chunk: Buffer): Generator<Frame> {
    this.pending.push(chunk);
    this.pendingBytes += chunk.length;
    while (this.pendingBytes >= HEADER) {
      const head = this.peek(HEADER);
      const length = head.readUInt32BE(1);
      if (length > MAX_PAYLOAD) throw new AtollError('INTERNAL_ERROR', 'the agent sent a frame that is too large');
      if (this.pendingBytes < HEADER + length) return;
      const frame = this.take(HEADER + length);
      yield { type: String.fromCharCode(frame[0]), payload: frame.subarray(HEADER) };
    }
  }

  private peek(bytes: number): Buffer {
    return this.pending[0].length >= bytes ? this.pending[0] : this.merge();
  }

  private take(bytes: number): Buffer {
    const first = this.pending[0].length >= bytes ? this.pending[0] : this.merge();
    this.pendingBytes -= bytes;
    if (first.length === bytes) this.pending.shift();
    else this.pending[0] = first.subarray(bytes);
    return first.subarray(0, bytes);
  }

  /** Chunks are only copied together when a frame crosses them. */
  private merge(): Buffer {
    this.pending = [Buffer.concat(this.pending)];
    return this.pending[0];
  }
}
