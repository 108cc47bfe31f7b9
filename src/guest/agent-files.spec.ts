import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import type { StreamHandler } from '../../test/support/fake-agent.js';
import { guestOf } from '../../test/support/fake-guest.js';
import type { Config } from '../config/config.js';
import { AgentFiles } from './agent-files.js';

/** So long that a stall of this process is not taken for the agent's silence. */
const files = new AgentFiles({ files: { timeoutMs: 2500 }, agent: { callTimeoutMs: 1000 } } as Config);
/** For agents that are silent. */
const hasty = new AgentFiles({ files: { timeoutMs: 600 }, agent: { callTimeoutMs: 400 } } as Config);
const target = { path: Buffer.from('/a b\xff', 'latin1'), user: 'app' };
const AT = '?path=/a%20b%ff&user=app';
const ENTRY = {
  ...{ name: 'f', type: 'file', size: 1, mode: 0o644, nlink: 1, uid: 0, gid: 0, owner: 'root', group: 'root' },
  mtime: 1,
};
const MATCH = { path: 'f', type: 'file', size: 1 };
const WRITTEN = { created: true, size: 3, etag: '1-2-3-4' };

/** An agent that says one thing, and what it was asked. */
async function saying(body: string | object, headers: Record<string, string | number> = {}) {
  const asked: { method: string; path: string; body?: string } = { method: '', path: '' };
  const guest = await guestOf((stream, path, method) => {
    Object.assign(asked, { method, path });
    void buffer(stream).then((content) => {
      if (content.length) asked.body = content.toString();
      stream.respond({ ':status': 200, ...headers });
      stream.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  return { guest, asked };
}

describe('what is asked', () => {
  it.each<[string, object | string, (to: Awaited<ReturnType<typeof saying>>) => Promise<unknown>, object, unknown]>([
    [
      'a write with its wishes',
      WRITTEN,
      ({ guest }) => files.write(guest, target, Buffer.from('abc'), { mode: '0600', append: true, create: false }),
      { method: 'PUT', path: `/files${AT}&mode=0600&append=1`, body: 'abc' },
      WRITTEN,
    ],
    ['a removal', '', ({ guest }) => files.remove(guest, target), { method: 'DELETE', path: `/files${AT}` }, undefined],
    [
      'a folder',
      { created: false },
      ({ guest }) => files.mkdir(guest, target, '0700'),
      { method: 'POST', path: `/files/mkdir${AT}&mode=0700` },
      false,
    ],
    [
      'a link',
      '',
      ({ guest }) => files.symlink(guest, target, '../x', true),
      { method: 'POST', path: `/files/symlink${AT}&target=../x&overwrite=1` },
      undefined,
    ],
    [
      'a change of a tree',
      { entries: 5 },
      ({ guest }) => files.change(guest, target, { owner: '5', recursive: true }),
      { method: 'POST', path: `/files/attributes${AT}&owner=5&recursive=1` },
      5,
    ],
    [
      'a move',
      '',
      ({ guest }) => files.move(guest, target, Buffer.from('/é'), false),
      { method: 'POST', path: `/files/move${AT}&to=/%c3%a9` },
      undefined,
    ],
    [
      'a copy',
      '',
      ({ guest }) => files.copy(guest, target, Buffer.from('/t'), true),
      { method: 'POST', path: `/files/copy${AT}&to=/t&overwrite=1` },
      undefined,
    ],
    [
      'a list behind a name',
      '{"end":true,"more":false}\n',
      ({ guest }) => files.list(guest, target, { limit: 7, after: Buffer.from('n&') }),
      { method: 'GET', path: `/files/list${AT}&limit=7&after=n%26` },
      { entries: [], more: false },
    ],
  ])('%s', async (_what, answer, call, asked, result) => {
    const agent = await saying(answer);
    expect(await call(agent)).toEqual(result);
    expect(agent.asked).toEqual(asked);
  });
});

it.each([
  ['more matches than were asked for', { matches: [MATCH, MATCH, MATCH], truncated: true }],
  ['something else', { matches: [1], truncated: true }],
  ['more than matches have', { matches: [{ ...MATCH, x: Array.from({ length: 200 }, () => ({})) }], truncated: true }],
])('does not believe a search that found %s', async (_what, answer) => {
  const { guest } = await saying(answer);
  const search = files.search(guest, target, { name: '*', limit: 2 });
  await expect(search).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
});

it.each(['a\r\nb: c', '"', '', 'x'.repeat(200)])('does not believe a state called %j', async (etag) => {
  const { guest } = await saying({ replacements: 1, etag });
  const replacement = files.replace(guest, target, { search: 'a', replace: 'b', max_bytes: 9 });
  await expect(replacement).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
});

describe('reading', () => {
  it('gives the bytes', async () => {
    const { guest } = await saying('abc', { 'x-atoll-size': 3 });
    expect((await files.read(guest, target, 3)).toString()).toBe('abc');
  });

  it.each([
    ['that says it is too long', 'abc', { 'x-atoll-size': 11 }],
    ['that is longer than it says', 'x'.repeat(11), { 'x-atoll-size': 1 }],
    ['of a length that nobody says', 'x'.repeat(11), {}],
  ])('stops at a file %s', async (_what, content, headers) => {
    const { guest } = await saying(content, headers);
    await expect(files.read(guest, target, 10)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('does not take a file that breaks off for a whole one', async () => {
    const guest = await guestOf((stream) => {
      stream.respond({ ':status': 200, 'x-atoll-size': 6 });
      stream.write('abc', () => stream.session?.destroy());
    });
    await expect(files.read(guest, target, 10)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
  });
});

it('asks with a path of any length, and what is too long harms no other call', async () => {
  let asked = 0;
  const guest = await guestOf((stream, path) => {
    asked = path.length;
    stream.respond();
    stream.end(path.startsWith('/files/list') ? '{"end":true,"more":false}\n' : JSON.stringify(ENTRY));
  });
  const behind = (bytes: number) => files.list(guest, target, { limit: 1, after: Buffer.alloc(bytes, 0xe9) });
  await behind(25_000);
  expect(asked).toBeGreaterThan(75_000);
  await expect(behind(400_000)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  expect((await guest.session()).usable).toBe(true);
  expect(await files.stat(guest, target)).toMatchObject(ENTRY);
});

describe('an agent that', () => {
  const calls: [string, (onStream: StreamHandler, by?: AgentFiles) => Promise<unknown>][] = [
    ['a read', async (onStream, by = files) => by.read(await guestOf(onStream), target, 10)],
    ['a write', async (onStream, by = files) => by.write(await guestOf(onStream), target, Buffer.from('x'))],
    ['a list', async (onStream, by = files) => by.list(await guestOf(onStream), target, { limit: 1 })],
    ['a stat', async (onStream, by = files) => by.stat(await guestOf(onStream), target)],
    ['a removal', async (onStream, by = files) => by.remove(await guestOf(onStream), target)],
    ['a search', async (onStream, by = files) => by.search(await guestOf(onStream), target, { name: '*', limit: 1 })],
    [
      'a replacement',
      async (onStream, by = files) =>
        by.replace(await guestOf(onStream), target, { search: 'a', replace: '', max_bytes: 9 }),
    ],
  ];

  it.each(calls)('refuses %s is quoted', async (_what, call) => {
    const refusing: StreamHandler = (stream) => {
      stream.respond({ ':status': 404 });
      stream.end(JSON.stringify({ kind: 'not_found', message: '/a: no such file' }));
    };
    await expect(call(refusing)).rejects.toMatchObject({ code: 'NOT_FOUND', message: '/a: no such file' });
  });

  it.each(calls)('does not answer %s is given up, and told so', async (_what, call) => {
    const asked: ServerHttp2Stream[] = [];
    await expect(call((stream) => asked.push(stream.resume()), hasty)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(asked.length).toBeGreaterThan(0);
    for (const stream of asked) if (!stream.closed) await once(stream, 'close');
  });

  it.each(calls.filter(([what]) => !['a read', 'a removal'].includes(what)))(
    'answers %s with nonsense is not believed',
    async (_what, call) => {
      await expect(call((stream) => stream.resume().end('{"any":'))).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    },
  );

  it('lives may take its time over a tree, within the bound', async () => {
    let health = 0;
    const working: StreamHandler = (stream, path) => {
      if (path === '/health') health += 1;
      if (path === '/health') stream.end('{}');
    };
    const begun = performance.now();
    await expect(files.remove(await guestOf(working), target)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(performance.now() - begun).toBeGreaterThan(2000); // the bound, and not the silence
    expect(health).toBeGreaterThan(1);
  });
});
