import type { ClientHttp2Stream } from 'node:http2';
import { AtollError } from '../common/errors/atoll-error.js';
import { encodeFrame, encodePosition, FrameDecoder, type Frame } from './frames.js';
import { asLost } from './response.js';
import { commandEndOf } from './reports.js';
import { SessionLost } from './session.js';
import type { CommandEvent } from './types.js';

const POSITION = 8;

/** What the agent says of one command, in order, and what it is told back. */
export class CommandStream {
  /** One generator for the stream's whole life: several frames may have come in one chunk. */
  private readonly frames: AsyncGenerator<Frame>;

  constructor(private readonly stream: ClientHttp2Stream) {
    this.frames = framesOf(stream);
  }

  /** The first frame of a started command. Throws SessionLost when there is none. */
  async first(): Promise<Frame> {
    const { value, done } = await this.frames.next();
    if (done) throw new SessionLost();
    return value as Frame;
  }

  /**
   * The command's log from where the stream was opened, piece by piece, and its end. Reading slowly holds the command back. A stream
   * that breaks before the end is SessionLost: attach again.
   */
  async *events(): AsyncGenerator<CommandEvent> {
    for await (const { type, payload } of this.frames) {
      switch (type) {
        case 'O':
          if (payload.length <= POSITION) throw new AtollError('INTERNAL_ERROR', 'the agent sent an empty piece of output');
          yield { type: 'output', position: Number(payload.readBigUInt64BE(0)), records: payload.subarray(POSITION) };
          break;
        case 'X':
          yield { type: 'end', ...commandEndOf(payload) };
          return;
        default:
          throw new AtollError('INTERNAL_ERROR', `the agent sent a frame ${JSON.stringify(type)} in a command's output`);
      }
    }
    throw new SessionLost();
  }

  /** The log is safe up to here: the agent may drop it. */
  acknowledge(position: number): void {
    if (this.stream.writable) this.stream.write(encodeFrame('A', encodePosition(position)));
  }

  /** Everything is safe, the end too: the agent may forget the command. */
  release(): void {
    if (this.stream.writable) this.stream.end(encodeFrame('R'));
  }

  /** Lets go of the stream; the command goes on. */
  detach(): void {
    this.stream.destroy();
  }
}

async function* framesOf(stream: ClientHttp2Stream): AsyncGenerator<Frame> {
  const decoder = new FrameDecoder();
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) yield* decoder.push(chunk);
  } catch (error) {
    throw asLost(error);
  }
}
