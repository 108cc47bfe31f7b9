import { StringDecoder } from 'node:string_decoder';
import type { Encoding } from '../../common/base64.js';
import { seqAt } from './lines/seq.js';
import type { OutputLog } from './output-reader.js';
import type { StreamName } from './records.js';

/** Text that is handed on in one piece. A multiple of three, as base64 wants it. */
const PIECE = 192 * 1024;

export interface LogsOptions {
  /** At most the last so many bytes of each stream. */
  maxBytes: number;
  /** At most the last so many lines of each stream. */
  tail?: number;
  streams: ReadonlySet<StreamName>;
  encoding: Encoding;
  exitCode: number | null;
}

/**
 * `{"stdout":…,"stderr":…,"exit_code"?,"truncated"?,"first_seq"?}`: each stream as text, what is not UTF-8 replaced, or as base64. Written piece by piece,
 * since output full of control characters grows sixfold as JSON.
 */
export async function* logsAsJson(log: OutputLog, options: LogsOptions): AsyncGenerator<string> {
  const from = { stdout: await startOf(log, 'stdout', options), stderr: await startOf(log, 'stderr', options) };
  const written = options.encoding === 'base64' ? inBase64 : asText;
  yield '{"stdout":"';
  yield* written(log, 'stdout', from.stdout);
  yield '","stderr":"';
  yield* written(log, 'stderr', from.stderr);
  yield '"';
  if (options.exitCode !== null) yield `,"exit_code":${options.exitCode}`;
  const cut = [...options.streams].some((stream) => from[stream] > 0);
  if (log.gap || cut) yield ',"truncated":true';
  if (log.first > 0) yield `,"first_seq":${seqAt(log.first)}`;
  yield '}';
}

async function startOf(log: OutputLog, stream: StreamName, options: LogsOptions): Promise<number> {
  if (!options.streams.has(stream)) return log.sizes[stream];
  const byBytes = Math.max(0, log.sizes[stream] - options.maxBytes);
  return options.tail === undefined ? byBytes : Math.max(byBytes, await log.lastLines(stream, options.tail));
}

async function* asText(log: OutputLog, stream: StreamName, from: number): AsyncGenerator<string> {
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

async function* inBase64(log: OutputLog, stream: StreamName, from: number): AsyncGenerator<string> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const data of log.read(stream, from)) {
    waiting.push(Buffer.from(data)); // it is good until the next one only
    bytes += data.length;
    if (bytes < PIECE) continue;
    const all = Buffer.concat(waiting);
    const whole = all.length - (all.length % 3);
    yield all.toString('base64', 0, whole);
    waiting = [all.subarray(whole)];
    bytes = all.length - whole;
  }
  yield Buffer.concat(waiting).toString('base64');
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
