import { StringDecoder } from 'node:string_decoder';
import type { OutputLog, StreamName } from './output-reader.js';

/** Text that is handed on in one piece. */
const PIECE = 256 * 1024;

/**
 * `{"stdout":…,"stderr":…,"exit_code"?,"truncated"?}`: the last `maxBytes` of each stream as text, what is not UTF-8 replaced. Written piece by
 * piece, since output full of control characters grows sixfold as JSON.
 */
export async function* logsAsJson(log: OutputLog, maxBytes: number, exitCode: number | null): AsyncGenerator<string> {
  yield '{"stdout":"';
  yield* escaped(log, 'stdout', maxBytes);
  yield '","stderr":"';
  yield* escaped(log, 'stderr', maxBytes);
  yield '"';
  if (exitCode !== null) yield `,"exit_code":${exitCode}`;
  if (log.gap || log.sizes.stdout > maxBytes || log.sizes.stderr > maxBytes) yield ',"truncated":true';
  yield '}';
}

async function* escaped(log: OutputLog, stream: StreamName, maxBytes: number): AsyncGenerator<string> {
  const from = Math.max(0, log.sizes[stream] - maxBytes);
  const decoder = new StringDecoder('utf8');
  let piece = '';
  // A tail may begin in the middle of a character, which has at most three more bytes behind its first.
  let half = from > 0 || log.gap ? 3 : 0;
  for await (const data of log.read(stream, from)) {
    let at = 0;
    while (at < data.length && half > 0 && (data[at] & 0xc0) === 0x80) {
      at++;
      half--;
    }
    if (at < data.length) half = 0;
    piece += decoder.write(data.subarray(at));
    if (piece.length < PIECE) continue;
    yield inJson(piece);
    piece = '';
  }
  yield inJson(piece + decoder.end());
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
