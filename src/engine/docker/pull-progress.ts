import type { LayerProgress, LayerStatus } from '../images.js';

/** A line of an engine's answer to a pull. */
export interface PullLine {
  id?: string;
  status?: string;
  error?: string;
  errorDetail?: { message?: string };
  progressDetail?: { current?: number; total?: number; units?: string };
}

/** What engines say of a layer, in our words; 29 says some of it otherwise. */
const STATUS: [RegExp, LayerStatus, withBytes?: boolean][] = [
  [/^(Downloading|Pulling layer fs)/, 'downloading', true],
  [/^Extracting/, 'extracting', true],
  [/^Retrying/, 'retrying'],
  [/^(Pulling fs layer|Waiting)/, 'waiting'],
  [/^(Verifying Checksum|Download complete)/, 'downloaded'],
  [/^(Pull complete|Already exists)/, 'complete'],
];

/** Undefined for what is about no layer. */
export function layerProgress({ id, status = '', progressDetail }: PullLine): LayerProgress | undefined {
  if (id === undefined) return undefined;
  const known = STATUS.find(([pattern]) => pattern.test(status));
  if (!known) return undefined;
  const [, word, withBytes] = known;
  // Some engines count the seconds of extracting, and a last step may go past the end.
  const { current, total, units } = progressDetail ?? {};
  if (!withBytes || current === undefined || total === undefined || total <= 0 || units)
    return { layer: id, status: word };
  return { layer: id, status: word, bytes: Math.min(current, total), total };
}

/** Objects of a body with one on each line; a line that is none is left out. */
export async function* pullLines(body: AsyncIterable<Buffer>): AsyncGenerator<PullLine> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const parsed = parse(line);
      if (parsed) yield parsed;
    }
  }
  const last = parse(rest);
  if (last) yield last;
}

function parse(line: string): PullLine | undefined {
  if (!line.trim()) return undefined;
  try {
    return JSON.parse(line) as PullLine;
  } catch {
    return undefined;
  }
}
