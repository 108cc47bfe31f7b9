import fc from 'fast-check';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { record } from '../../../test/support/records.js';
import { tempFolder } from '../../../test/support/temp-folder.js';
import { LogLines, type LogLine } from './log-lines.js';
import type { StreamName } from './records.js';
import { segmentPath } from './segments.js';

const temp = await tempFolder();
let count = 0;

interface Said {
  data: Buffer;
  stream: StreamName;
  timeMs: number;
}

/** A log of these records, a file for each group of them. */
async function logOf(...groups: Said[][]) {
  const folder = join(temp, String(++count));
  await mkdir(folder);
  let length = 0;
  for (const group of groups) {
    const bytes = Buffer.concat(group.map(({ data, stream, timeMs }) => record(data, stream, timeMs)));
    await writeFile(segmentPath(folder, length), bytes);
    length += bytes.length;
  }
  return { folder, length };
}

const said = (text: string | Buffer, stream: StreamName = 'stdout', timeMs = 0): Said => ({
  data: Buffer.from(text),
  stream,
  timeMs,
});

async function all({ folder, length }: { folder: string; length: number }, after = 0, text = false) {
  const lines = new LogLines(folder, after, text);
  const seen: LogLine[] = [];
  for (let some = await lines.next(length); some; some = await lines.next(length)) seen.push(...[...some].map(copied));
  seen.push(...lines.end());
  await lines.close();
  return seen;
}

/** A line's bytes are its reader's. */
const copied = (line: LogLine): LogLine => ('data' in line ? { ...line, data: Buffer.from(line.data) } : line);

const firstOf = (lines: Iterable<LogLine>): LogLine[] => {
  for (const line of lines) return [line];
  return [];
};

const show = (lines: LogLine[]) =>
  lines.map((line) => ('missing' in line ? `missing ${line.missing}` : `${line.stream}: ${line.data.toString()}`));

describe('lines', () => {
  it('are whole, whatever pieces they came in, and end with their terminators', async () => {
    const log = await logOf([said('a\nb'), said('e1\n', 'stderr'), said('c\r\n\n'), said('end')]);
    expect(show(await all(log))).toEqual([
      'stdout: a\n',
      'stderr: e1\n',
      'stdout: bc\r\n',
      'stdout: \n',
      'stdout: end',
    ]);
  });

  it('come in pieces past 64 KiB', async () => {
    const long = 'x'.repeat(150_000);
    const log = await logOf([
      said(long.slice(0, 60_000)),
      said(long.slice(60_000, 120_000)),
      said(`${long.slice(120_000)}\n`),
    ]);
    const sizes = (await all(log)).map((line) => ('data' in line ? line.data.length : 0));
    expect(sizes[0]).toBe(65_536);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(150_001);
    const exact = await logOf([said(long.slice(0, 65_535)), said('\nnext\n')]);
    expect((await all(exact)).map((line) => ('data' in line ? line.data.length : 0))).toEqual([65_536, 5]);
  });

  it('that are unfinished for 100 ms are handed out, and then what comes as it comes', async () => {
    const log = await logOf([
      said('pass'),
      said('x\n', 'stderr', 50),
      said('y\n', 'stderr', 200),
      said('word'),
      said(': \nz\n'),
    ]);
    expect(show(await all(log))).toEqual([
      'stderr: x\n',
      'stdout: pass',
      'stderr: y\n',
      'stdout: word',
      'stdout: : \n',
      'stdout: z\n',
    ]);
  });

  it('keep characters whole as text, and give the exact bytes otherwise', async () => {
    const euro = Buffer.from('€');
    const log = await logOf([
      said(euro.subarray(0, 1)),
      said('later\n', 'stderr', 500),
      said(euro.subarray(1), 'stdout', 500),
    ]);
    expect(show(await all(log, 0, true))).toEqual(['stderr: later\n', 'stdout: €']);
    const pieces = (await all(log)).map((line) => ('data' in line ? line.data.length : 0));
    expect(pieces).toEqual([1, 6, 2]);
  });

  it('say where output is missing', async () => {
    const { folder } = await logOf([said('lost')], [said('a\nhal')], [said('gone')], [said('b\n')]);
    await rm(segmentPath(folder, 0));
    await rm(segmentPath(folder, 16 + 17));
    expect(show(await all({ folder, length: 200 }))).toEqual([
      'missing 16',
      'stdout: a\n',
      'stdout: hal',
      'missing 16',
      'stdout: b\n',
      `missing ${200 - 63}`,
    ]);
  });
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((value) => Buffer.from(value)),
  fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('\n', 'line\n', 'no end', '\r\n\n', '€', 'x'.repeat(40_000), 'y'.repeat(65_536))
    .map((value) => Buffer.from(value)),
  fc
    .tuple(fc.constantFrom(...Buffer.from('€😀')), fc.boolean())
    .map(([byte, ends]) => Buffer.from(ends ? [byte, 10] : [byte])),
);
const groups = fc.array(
  fc.array(
    fc.record({
      data: text.filter((data) => data.length > 0),
      stream: fc.constantFrom<StreamName>('stdout', 'stderr'),
      timeMs: fc.integer({ min: 0, max: 400 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  { minLength: 1, maxLength: 4 },
);

/** What a stream's pieces are together, as a client puts them together. */
function joined(lines: LogLine[], stream: StreamName, asText: boolean): string {
  const pieces = lines.flatMap((line) => ('data' in line && line.stream === stream ? [line.data] : []));
  return asText ? pieces.map(String).join('') : Buffer.concat(pieces).toString('latin1');
}

it('are all of the output and nothing twice, wherever a reader stops, flushes and comes back', async () => {
  await fc.assert(
    fc.asyncProperty(
      groups,
      fc.boolean(),
      fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
      async (parts, asText, choices) => {
        const log = await logOf(...parts);
        const seen: LogLine[] = [];
        let after = 0;
        // A reader that sees the log grow record by record, flushes now and then, and now and then is another one.
        let lines = new LogLines(log.folder, after, asText);
        let at = 0;
        const take = (some: Iterable<LogLine>) => {
          for (const line of some) {
            expect(line.seq).toBeGreaterThan(after);
            after = line.seq;
            seen.push(copied(line));
          }
        };
        for (const { data } of parts.flat()) {
          at += 12 + data.length;
          for (let some = await lines.next(at); some; some = await lines.next(at)) {
            const choice = choices.next().value!;
            take(choice === 3 ? firstOf(some) : some); // it may go away with the first of several
            if (choice < 2) continue;
            if (choice === 2) take(lines.flush());
            await lines.close();
            lines = new LogLines(log.folder, after, asText);
          }
        }
        for (let some = await lines.next(at); some; some = await lines.next(at)) take(some);
        const rest = lines.end();
        await lines.close();
        const [first] = rest;
        take(rest.slice(0, 1));
        take(await all(log, after, asText)); // gone after the first of the last ones too
        expect(first === undefined || seen.some(({ seq }) => seq === first.seq)).toBe(true);
        for (const stream of ['stdout', 'stderr'] as const) {
          const whole = Buffer.concat(parts.flat().flatMap((one) => (one.stream === stream ? [one.data] : [])));
          expect(joined(seen, stream, asText)).toBe(asText ? whole.toString() : whole.toString('latin1'));
        }
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
