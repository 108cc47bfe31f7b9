import type { Encoding } from '../../../common/base64.js';
import type { Command } from '../../../store/command.types.js';
import type { Piece } from './line-cutter.js';
import type { Page } from './page.js';

/** How lines of output are written for a client. */
export interface Rendering {
  piece(page: Page, piece: Piece): void;
  /** Any other object; `seq` is where a client that comes back goes on. */
  object(page: Page, object: object, seq?: number): void;
  heartbeat(page: Page): void;
}

/** One JSON object a line. */
export function ndjson(encoding: Encoding): Rendering {
  return {
    piece: (page, { stream, data, seq }) => {
      page.ascii(stream === 'stdout' ? '{"type":"stdout","data":"' : '{"type":"stderr","data":"');
      page[encoding === 'base64' ? 'base64' : 'json'](data);
      page.ascii('","seq":');
      page.integer(seq);
      page.ascii('}\n');
    },
    object: (page, object) => page.text(`${JSON.stringify(object)}\n`),
    heartbeat: (page) => page.ascii('{"type":"heartbeat"}\n'),
  };
}

/** The same objects as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html); `id` is the seq. */
export function serverSentEvents(encoding: Encoding): Rendering {
  const lines = ndjson(encoding);
  const event = (page: Page, seq: number | undefined, writeLine: () => void) => {
    if (seq !== undefined) {
      page.ascii('id: ');
      page.integer(seq);
      page.ascii('\n');
    }
    page.ascii('data: ');
    writeLine();
    page.ascii('\n');
  };
  return {
    piece: (page, piece) => event(page, piece.seq, () => lines.piece(page, piece)),
    object: (page, object, seq) => event(page, seq, () => lines.object(page, object)),
    heartbeat: (page) => page.ascii(': heartbeat\n\n'),
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
