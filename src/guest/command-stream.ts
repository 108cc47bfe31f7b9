import { AtollError } from '../common/errors/atoll-error.js';
import { encodeFrame, encodePosition, FrameDecoder, type Frame } from './frames.js';
import { SessionLost } from './agent-errors.js';
import type { Exchange } from './exchange.js';
import { commandEndOf } from './reports.js';
import type { CommandEvent } from './types.js';

const POSITION = 8;
const MAX_POSITION = 1n << 50n;

/** What the agent says of one command, in order, and what it is told back. */
export class CommandStream {
  /** One generator for the stream's whole life: several frames may have come in one chunk. */
  private readonly frames: AsyncGenerator<Frame>;

  constructor(
    private readonly exchange: Exchange,
    /** Of a command that was attached to: of its first process. */
    readonly pid?: number,
  ) {
    this.frames = framesOf(exchange);
  }

  /** The first frame of a started command. Throws SessionLost when there is none. */
  async first(): Promise<Frame> {
    const next = await this.frames.next();
    if (next.done) throw new SessionLost();
    return next.value;
  }

  /**
   * The command's log from where the stream was opened, piece by piece, and its end. Reading slowly holds the command back. A stream
   * that breaks before the end is SessionLost: attach again.
   */
  async *events(): AsyncGenerator<CommandEvent> {
    for await (const { type, payload } of this.frames) {
      switch (type) {
        case 'O':
          if (payload.length <= POSITION)
            throw new AtollError('INTERNAL_ERROR', 'the agent sent an empty piece of output');
          yield { type: 'output', position: positionOf(payload), records: payload.subarray(POSITION) };
          break;
        case 'X':
          yield { type: 'end', ...commandEndOf(payload) };
          return;
        default:
          throw new AtollError(
            'INTERNAL_ERROR',
            `the agent sent a frame ${JSON.stringify(type)} in a command's output`,
          );
      }
    }
    throw new SessionLost();
  }

  /** The log is safe up to here: the agent may drop it. */
  acknowledge(position: number): void {
    this.exchange.write(encodeFrame('A', encodePosition(position)));
  }

  /** Everything is safe, the end too: the agent may forget the command. */
  release(): void {
    this.exchange.end(encodeFrame('R'));
  }

  /** Lets go of the stream; the command goes on. */
  detach(): void {
    this.exchange.drop();
  }
}

function positionOf(payload: Buffer): number {
  const position = payload.readBigUInt64BE(0);
  if (position > MAX_POSITION) throw new AtollError('INTERNAL_ERROR', 'the agent sent a position that no log has');
  return Number(position);
}

async function* framesOf(exchange: Exchange): AsyncGenerator<Frame> {
  const decoder = new FrameDecoder();
  for await (const chunk of exchange.body()) yield* decoder.push(chunk);
}
