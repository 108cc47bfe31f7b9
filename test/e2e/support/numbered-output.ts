import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { API_KEY, type Sandbox } from './service.js';

const PADDING = 'x'.repeat(992);
const AT_ONCE = 10_000;

/** What a reader got, or should get. */
export interface Said {
  bytes: number;
  sha256: string;
}

/** Starts a command that says so many lines of about a thousand bytes. Each is different, so a lost, doubled or swapped piece shows. */
export const sayNumbered = (sandbox: Sandbox, lines: number): Promise<string> =>
  sandbox.spawn('sh', ['-c', `seq ${lines} | sed 's/$/ ${PADDING}/'`]);

/** What the command of `sayNumbered` says. */
export function numbered(lines: number): Said {
  const hash = createHash('sha256');
  let bytes = 0;
  for (let from = 1; from <= lines; from += AT_ONCE) {
    let text = '';
    for (let line = from; line < from + AT_ONCE && line <= lines; line++) text += `${line} ${PADDING}\n`;
    bytes += text.length;
    hash.update(text);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Reads a command's stdout along, line by line, to its end; keeps none of it. */
export function readAlong(sandbox: Sandbox, id: string): Promise<Said> {
  const hash = createHash('sha256');
  let bytes = 0;
  return new Promise((resolve, reject) => {
    const call = request(`${sandbox.service.url}${sandbox.path}/cmd/${id}/logs?stream=true`, {
      agent: false,
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    let rest = '';
    call.on('response', (answer) => {
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        let said = '';
        for (const line of lines) {
          const { type, data } = JSON.parse(line) as { type: string; data: string };
          if (type === 'stdout') said += data;
        }
        bytes += said.length;
        hash.update(said);
      });
      answer.on('end', () => resolve({ bytes, sha256: hash.digest('hex') }));
      answer.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}
