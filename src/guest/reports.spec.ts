import type { Exchange } from './exchange.js';
import { fileListOf } from './file-entries.js';
import { commandEndOf, startedOf, startRefusalOf, stdinTakenOf } from './reports.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const NOT_UNDERSTOOD = 'the agent said something that is not understood';

const END = {
  exit_code: 143,
  signal: 15,
  finished_at: 2,
  length: 3,
  oom: false,
  user_ms: 4,
  system_ms: 5,
  max_rss_kb: 6,
  timed_out: true,
  stdout_bytes: 7,
  stderr_bytes: 8,
};
const ENTRY = {
  name: 'a',
  type: 'file',
  size: 1,
  mode: 0o644,
  nlink: 1,
  uid: 0,
  gid: 0,
  owner: 'root',
  group: 'root',
  mtime: 0,
};

describe('what the agent reports', () => {
  it('is read', () => {
    expect(startedOf(json({ pid: 7, started_at: 1 }))).toEqual({ pid: 7, startedAt: 1 });
    expect(startRefusalOf(json({ reason: 'not_found', message: 'no x', exit_code: 127 }))).toEqual({
      reason: 'not_found',
      message: 'no x',
      exitCode: 127,
    });
    expect(commandEndOf(json(END))).toEqual({
      exitCode: 143,
      signal: 15,
      finishedAt: 2,
      length: 3,
      oom: false,
      userMs: 4,
      systemMs: 5,
      maxRssKb: 6,
      timedOut: true,
      stdoutBytes: 7,
      stderrBytes: 8,
    });
    expect(commandEndOf(json({ ...END, signal: 0 })).signal).toBeUndefined();
    expect(stdinTakenOf(json({ written: 3, closed: true, more: 1 }))).toEqual({ written: 3, closed: true });
  });

  it.each([
    ['no JSON', Buffer.from('{')],
    ['nothing', Buffer.alloc(0)],
    ['null', json(null)],
    ['an exit code past 255', json({ ...END, exit_code: 256 })],
    ['an exit code that is no number', json({ ...END, exit_code: '0' })],
    ['a part of one', json({ ...END, exit_code: 0.5 })],
    ['a negative length', json({ ...END, length: -1 })],
    ['a length that no number holds', Buffer.from(JSON.stringify(END).replace('"length":3', '"length":1e300'))],
    ['a signal that there is not', json({ ...END, signal: 65 })],
    ['no exit code', json({ ...END, exit_code: undefined })],
    ['a timeout of neither yes nor no', json({ ...END, timed_out: undefined })],
    ['a part of a byte', json({ ...END, stdout_bytes: 0.5 })],
  ])('is refused when it is %s', (_what, payload) => {
    expect(() => commandEndOf(payload)).toThrow(NOT_UNDERSTOOD);
  });

  it('is refused when it gives a reason that there is not; a whole novel is cut', () => {
    expect(() => startRefusalOf(json({ reason: 'mood', message: '' }))).toThrow(NOT_UNDERSTOOD);
    expect(startRefusalOf(json({ reason: 'invalid', message: 'x'.repeat(5000) })).message).toBe('x'.repeat(4096));
    expect(() => startedOf(json({ pid: -1, started_at: 1 }))).toThrow(NOT_UNDERSTOOD);
    expect(() => stdinTakenOf(json({ written: -1, closed: true }))).toThrow(NOT_UNDERSTOOD);
  });
});

describe('a list of files', () => {
  const END_LINE = { end: true, more: false };
  const list = async (text: string, limit = 10) =>
    (await fileListOf({ readAll: async () => Buffer.from(text) } as unknown as Exchange, limit)).entries;
  const lines = (...entries: object[]) => [...entries, END_LINE].map((entry) => `${JSON.stringify(entry)}\n`).join('');

  it('is one entry a line', async () => {
    expect(await list(lines())).toEqual([]);
    await expect(list('')).rejects.toMatchObject({ code: 'INTERNAL_ERROR' }); // cut off
    const link = { ...ENTRY, type: 'symlink', target: '/b' };
    expect(await list(lines(ENTRY, link))).toEqual([ENTRY, link]);
  });

  it('has at most so many', async () => {
    await expect(list(lines(ENTRY, ENTRY), 1)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    await expect(list(lines(ENTRY, ENTRY), 2)).resolves.toHaveLength(2);
  });

  it('drops what we have not asked for', async () => {
    expect(await list(lines({ ...ENTRY, secret: 1 }))).toEqual([ENTRY]);
  });

  it('has times that a Date can hold, whatever a file was touched to', async () => {
    const times = [1e300, -1e300, 12.5, 9.2e18].map((mtime) => ({ ...ENTRY, mtime }));
    const dates = (await list(lines(...times))).map(({ mtime }) => new Date(mtime).toISOString());
    expect(dates[0]).toBe('+275760-09-13T00:00:00.000Z');
    expect(dates[1]).toBe('-271821-04-20T00:00:00.000Z');
    expect(dates[2]).toBe('1970-01-01T00:00:00.012Z');
    expect(dates[3]).toBe(dates[0]);
  });

  it.each([
    ['another type', { ...ENTRY, type: 'portal' }],
    ['a mode with too many bits', { ...ENTRY, mode: 0o10000 }],
    ['a negative size', { ...ENTRY, size: -1 }],
    ['a name of a mile', { ...ENTRY, name: 'x'.repeat(2000) }],
    ['no name', { ...ENTRY, name: undefined }],
  ])('is refused with %s', async (_what, entry) => {
    await expect(list(lines(entry))).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  });

  it('is refused with a line that is none', async () => {
    await expect(list('{\n')).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    await expect(list('\n\n')).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  });
});
