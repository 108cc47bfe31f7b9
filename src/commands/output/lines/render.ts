import type { Encoding } from '../../../common/base64.js';
import type { Command } from '../../../store/command.types.js';
import type { Piece } from './line-cutter.js';

/** How lines of output are written for a client. */
export interface Rendering {
  piece(piece: Piece): string;
  /** Any other object; `seq` is where a client that comes back goes on. */
  object(object: object, seq?: number): string;
  heartbeat: string;
}

/** One JSON object a line. */
export function ndjson(encoding: Encoding): Rendering {
  const text = textOf(encoding);
  return {
    piece: ({ stream, data, seq }) => `{"type":"${stream}","data":${text(data)},"seq":${seq}}\n`,
    object: (object) => `${JSON.stringify(object)}\n`,
    heartbeat: '{"type":"heartbeat"}\n',
  };
}

/** The same objects as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html); `id` is the seq. */
export function serverSentEvents(encoding: Encoding): Rendering {
  const lines = ndjson(encoding);
  return {
    piece: (piece) => `id: ${piece.seq}\ndata: ${lines.piece(piece)}\n`,
    object: (object, seq) => `${seq === undefined ? '' : `id: ${seq}\n`}data: ${lines.object(object)}\n`,
    heartbeat: ': heartbeat\n\n',
  };
}

/** The last line. */
export function exitOf({ state, exitCode, signal, endReason, finishedAt }: Command, seq: number): object {
  return {
    type: 'exit',
    state,
    exit_code: exitCode ?? undefined,
    signal: signal ?? undefined,
    end_reason: endReason ?? undefined,
    finished_at: finishedAt ?? undefined,
    seq,
  };
}

/** Base64 needs no escapes. */
const textOf = (encoding: Encoding) =>
  encoding === 'base64'
    ? (data: Buffer) => `"${data.toString('base64')}"`
    : (data: Buffer) => JSON.stringify(data.toString());
