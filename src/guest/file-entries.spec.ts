import { agentServer, PEER } from '../../test/support/fake-agent.js';
import { answerOf, fileEntry, fileListOf } from './file-entries.js';
import { found } from './file-search.js';
import { writtenFile } from './file-writes.js';
import { Session } from './session.js';

const ENTRY = {
  ...{ name: 'f', type: 'file', size: 1, mode: 0o644, nlink: 1, uid: 0, gid: 0, owner: 'root', group: 'root' },
  mtime: 1,
};
const END = { end: true, more: false };
const open: Session[] = [];
afterEach(() => open.splice(0).forEach((session) => session.close()));

async function answering(body: string) {
  const agent = await agentServer((stream) => stream.end(body));
  const session = Session.open(agent.theirs, PEER);
  open.push(session);
  const request = session.request({ method: 'GET', path: '/', endStream: true });
  await request.ok();
  return request;
}

const lines = (...objects: object[]) => objects.map((one) => `${JSON.stringify(one)}\n`).join('');
const bad = expect.objectContaining({ code: 'INTERNAL_ERROR' });

it('reads a list', async () => {
  const request = await answering(lines(ENTRY, { ...ENTRY, name: 'g' }, { ...END, more: true }));
  const { entries, more } = await fileListOf(request, 2);
  expect([entries.map(({ name }) => name), more]).toEqual([['f', 'g'], true]);
});

it('reads an empty list', async () => {
  expect(await fileListOf(await answering(lines(END)), 0)).toEqual({ entries: [], more: false });
});

it.each([
  ['without an end', lines(ENTRY)],
  ['with more than was asked for', lines(ENTRY, ENTRY, ENTRY, END)],
  ['of something else', lines({ any: 'thing' }, END)],
  ['that is no JSON', '<html>'],
  ['that is empty', ''],
])('does not believe a list %s', async (_what, body) => {
  await expect(fileListOf(await answering(body), 2)).rejects.toEqual(bad);
});

it.each([
  { size: -1 },
  { mode: 0o10000 },
  { type: 'door' },
  { name: 'x'.repeat(2000) },
  { uid: 1.5 },
  { etag: '"quoted"' },
  { name_base64: 'A'.repeat(600) },
])('does not believe an entry with %j', async (nonsense) => {
  const request = await answering(JSON.stringify({ ...ENTRY, ...nonsense }));
  await expect(answerOf(request, fileEntry)).rejects.toEqual(bad);
});

it('bounds an answer by its bytes, and by the values that it would make', async () => {
  const longer = { ...ENTRY, x: 'y'.repeat(1 << 20) };
  await expect(answerOf(await answering(JSON.stringify(longer)), fileEntry)).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
  });
  const more = { ...ENTRY, x: Array.from({ length: 1000 }, () => ({})) };
  await expect(answerOf(await answering(JSON.stringify(more)), fileEntry)).rejects.toEqual(bad);
  await expect(fileListOf(await answering(lines(more, END)), 1)).rejects.toEqual(bad);
  await expect(fileListOf(await answering(lines({ ...ENTRY, path: 'p'.repeat(1 << 20) }, END)), 2)).rejects.toEqual(
    bad,
  );
});

it('bounds what a sandbox may claim: times, and names from its /etc/passwd', async () => {
  const request = await answering(JSON.stringify({ ...ENTRY, mtime: 1e300, owner: 'o'.repeat(1000) }));
  const entry = await answerOf(request, fileEntry);
  expect(new Date(entry.mtime).toISOString()).toBe('+275760-09-13T00:00:00.000Z');
  expect(entry.owner).toHaveLength(256);
});

it('takes a size that no integer of ours can hold: a file with a hole may have it', async () => {
  const size = 9 * 2 ** 50;
  expect(await answerOf(await answering(JSON.stringify({ ...ENTRY, size })), fileEntry)).toMatchObject({ size });
  const match = { path: 'f', type: 'file', size };
  const answer = await answering(JSON.stringify({ matches: [match], truncated: false }));
  expect(await answerOf(answer, found)).toMatchObject({ matches: [match] });
  const written = { size, created: false, etag: '1-2-3-4' };
  expect(await answerOf(await answering(JSON.stringify(written)), writtenFile)).toEqual(written);
});
