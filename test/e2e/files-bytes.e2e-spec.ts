import { randomBytes } from 'node:crypto';
import { base64, Files, filesHere } from './support/files.js';
import { eventually } from './support/service.js';

describe('files as bytes', () => {
  const here = filesHere({
    ATOLL_MAX_RAW_BODY: '20000000',
    ATOLL_MAX_LIST_ENTRIES: '100',
    ATOLL_AGENT_CALL_TIMEOUT: '5000',
  });

  it.each([0, 1, 1024, 65_535, 65_536, 65_537, 5_000_000])('are what was written: %i of them', async (size) => {
    const content = randomBytes(size);
    expect(await here.files.put('/tmp/bytes', content)).toMatchObject({
      status: 200,
      json: { path: '/tmp/bytes', status: 'written' },
    });
    const answer = await here.files.get('/tmp/bytes');
    expect(answer.status).toBe(200);
    expect(answer.bytes.equals(content)).toBe(true);
    expect(answer.headers.get('content-length')).toBe(String(size));
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    const { stdout } = await here.sandbox.run('wc', ['-c', '/tmp/bytes']);
    expect(stdout).toBe(`${size} /tmp/bytes\n`);
  });

  it('are refused as text, which says what reads them, and come in base64', async () => {
    const content = Buffer.from([0xff, 0xfe, 0, 0x0d, 0x0a]);
    await here.files.put('/tmp/binary', content);
    const text = await here.files.call({ query: { path: '/tmp/binary' } });
    expect(text).toMatchObject({ status: 406, json: { code: 'NOT_ACCEPTABLE' } });
    expect(text.json.message).toMatch(/encoding=base64.*application\/octet-stream/);
    const packed = await here.files.call({ query: { path: '/tmp/binary', encoding: 'base64' } });
    expect(packed.json).toEqual({ path: '/tmp/binary', content: base64(content), encoding: 'base64' });
    const body = { content: base64(content), encoding: 'base64' };
    expect((await here.files.call({ method: 'PUT', query: { path: '/tmp/copy' }, body })).status).toBe(200);
    expect((await here.files.get('/tmp/copy')).bytes).toEqual(content);
    const bad = await here.files.call({
      method: 'PUT',
      query: { path: '/tmp/copy', encoding: 'base64' },
      body: { content: 'no!' },
    });
    expect(bad).toMatchObject({ status: 400, json: { message: expect.stringContaining('content') } });
  });

  it('come in parts', async () => {
    const content = randomBytes(300_000);
    await here.files.put('/tmp/parts', content);
    const part = async (range: string, headers = {}) => here.files.get('/tmp/parts', { range, ...headers });
    const first = await part('bytes=0-9');
    expect(first.status).toBe(206);
    expect(first.headers.get('content-range')).toBe('bytes 0-9/300000');
    expect(first.bytes).toEqual(content.subarray(0, 10));
    expect((await part('bytes=299990-')).bytes).toEqual(content.subarray(299_990));
    expect((await part('bytes=-200000')).bytes.equals(content.subarray(100_000))).toBe(true);
    expect((await part('bytes=100000-999999999')).bytes.equals(content.subarray(100_000))).toBe(true);
    for (const outside of ['bytes=300000-', 'bytes=-0', 'bytes=99999999999999999999-']) {
      const answer = await part(outside);
      expect(answer).toMatchObject({ status: 416, json: { code: 'RANGE_NOT_SATISFIABLE' } });
      expect(answer.headers.get('content-range')).toBe('bytes */300000');
    }
    await here.files.put('/tmp/nothing', '');
    expect((await here.files.get('/tmp/nothing', { range: 'bytes=-5' })).status).toBe(200);
    expect((await here.files.get('/tmp/nothing', { range: 'bytes=0-' })).status).toBe(416);
    for (const all of ['lines=1-2', 'bytes=5-1', 'bytes=0-1,3-4', 'nonsense']) {
      expect((await part(all)).status).toBe(200);
    }
    const etag = first.headers.get('etag')!;
    expect((await part('bytes=0-9', { 'if-range': etag })).status).toBe(206);
    expect((await part('bytes=0-9', { 'if-range': '"1-2-3"' })).status).toBe(200);
    // What state the file is in comes before what part of it: RFC 9110, 13.2.2.
    expect((await part('bytes=300000-', { 'if-match': '"0-0-0-0"' })).status).toBe(412);
    expect((await part('bytes=300000-', { 'if-none-match': etag })).status).toBe(304);
    expect((await part('bytes=300000-', { 'if-match': etag })).status).toBe(416);
  });

  it('have headers that name their state', async () => {
    await here.files.put('/tmp/state', 'one');
    const head = await here.files.call({ method: 'HEAD', query: { path: '/tmp/state' } });
    expect(head.status).toBe(200);
    expect(head.bytes).toHaveLength(0);
    const etag = head.headers.get('etag')!;
    expect(Object.fromEntries(head.headers)).toMatchObject({
      'content-length': '3',
      'accept-ranges': 'bytes',
      'last-modified': expect.stringMatching(/GMT$/),
      'content-disposition': `attachment; filename="state"; filename*=UTF-8''state`,
    });
    expect((await here.files.get('/tmp/state', { 'if-none-match': etag })).status).toBe(304);
    expect(
      (await here.files.get('/tmp/state', { 'if-modified-since': head.headers.get('last-modified')! })).status,
    ).toBe(304);
    expect((await here.files.stat('/tmp/state')).json.etag).toBe(etag);
    const since = head.headers.get('last-modified')!;
    expect((await here.files.get('/tmp/state', { 'if-match': etag, 'if-unmodified-since': since })).status).toBe(200);
    expect(
      (await here.files.get('/tmp/state', { 'if-unmodified-since': 'Mon, 01 Jan 2024 00:00:00 GMT' })).status,
    ).toBe(412);
    const other = { 'if-match': '"0-0-0-0"' };
    expect(await here.files.get('/tmp/state', other)).toMatchObject({
      status: 412,
      json: { code: 'PRECONDITION_FAILED' },
    });
    await here.files.put('/tmp/state', 'two');
    expect((await here.files.get('/tmp/state', { 'if-none-match': etag })).status).toBe(200);
    expect((await here.files.call({ method: 'HEAD', query: { path: '/no/such' } })).status).toBe(404);
    expect((await here.files.call({ method: 'HEAD', query: { path: '/tmp' } })).status).toBe(400);
  });

  it('are written on conditions', async () => {
    const create = { headers: { 'if-none-match': '*' } };
    const made = await here.files.put('/tmp/conditional', 'one', create);
    expect(made.status).toBe(200);
    expect(await here.files.put('/tmp/conditional', 'two', create)).toMatchObject({
      status: 412,
      json: { code: 'PRECONDITION_FAILED' },
    });
    const etag = made.headers.get('etag')!;
    expect((await here.files.get('/tmp/conditional')).headers.get('etag')).toBe(etag);
    expect((await here.files.put('/tmp/conditional', 'two', { headers: { 'if-match': '"0-0-0-0"' } })).status).toBe(
      412,
    );
    expect(
      (await here.files.put('/tmp/conditional', 'two', { headers: { 'if-match': `"0-0-0-0", ${etag}` } })).status,
    ).toBe(200);
    expect((await here.files.put('/tmp/conditional', 'three', { headers: { 'if-match': etag } })).status).toBe(412);
    expect((await here.files.put('/tmp/conditional', 'three', { headers: { 'if-match': '*' } })).status).toBe(200);
    expect((await here.files.put('/tmp/none', 'x', { headers: { 'if-match': '*' } })).status).toBe(412);
    expect((await here.files.put('/tmp/x', 'x', { headers: { 'if-none-match': etag } })).status).toBe(400);
    for (const type of ['application/x-tar', 'application/octet-stream']) {
      const headers = { 'content-type': type, 'if-unmodified-since': new Date().toUTCString() };
      expect((await here.files.put('/tmp/x', 'x', { headers })).status).toBe(400);
    }
    expect((await here.files.get('/tmp/conditional')).bytes.toString()).toBe('three');
    const many = await Promise.all(Array.from({ length: 10 }, (_, n) => here.files.put('/tmp/first', `${n}`, create)));
    expect(many.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
  });

  it('are appended, and get the mode and owner that are asked for', async () => {
    await here.files.put('/tmp/log', 'one\n', { query: { mode: '0600', uid: '1000', gid: '1000' } });
    await here.files.put('/tmp/log', 'two\n', { query: { append: 'true' } });
    await here.files.put('/tmp/log', 'x'.repeat(100_000), { query: { append: 'true' } });
    expect((await here.files.get('/tmp/log')).bytes.toString()).toBe(`one\ntwo\n${'x'.repeat(100_000)}`);
    expect((await here.files.stat('/tmp/log')).json).toMatchObject({ mode: '0600', uid: 1000, gid: 1000 });
    await here.files.put('/tmp/log', 'new'); // what exists keeps both
    expect((await here.files.stat('/tmp/log')).json).toMatchObject({ mode: '0600', uid: 1000, gid: 1000, size: 3 });
    expect((await here.files.put('/tmp/fresh', 'x', { query: { append: 'true', mode: '4755' } })).status).toBe(200);
    expect((await here.files.stat('/tmp/fresh')).json).toMatchObject({ mode: '4755', size: 1 });
    expect((await here.files.put('/tmp/fresh', 'x', { query: { mode: '0999' } })).status).toBe(400);
  });

  it('are touched as the user that is asked for', async () => {
    const user = { query: { user: '1000:1000' } };
    expect((await here.files.put('/etc/not-mine', 'x', user)).status).toBe(403);
    expect((await here.files.put('/tmp/mine', 'x', user)).status).toBe(200);
    expect((await here.files.stat('/tmp/mine')).json).toMatchObject({ uid: 1000, gid: 1000, mode: '0644' });
    expect((await here.files.put('/tmp/mine', 'x', { query: { ...user.query, uid: '0' } })).status).toBe(403);
    expect((await here.files.put('/tmp/mine', 'x', { query: { user: 'nobody-here' } })).status).toBe(400);
    await here.files.put('/tmp/secret', 'x', { query: { mode: '0600' } });
    expect((await here.files.get('/tmp/secret', {}, { user: '1000' })).status).toBe(403);
  });

  it('are reached by what the groups of a user allow', async () => {
    await here.truth('echo extra:x:7777:app >>/etc/group; echo theirs >/tmp/theirs');
    await here.truth('cd /tmp && chmod 640 theirs && chgrp 7777 theirs && mkdir -m 770 shared && chgrp 7777 shared');
    for (const user of ['app', '1000']) {
      expect((await here.files.get('/tmp/theirs', {}, { user })).bytes.toString()).toBe('theirs\n');
      expect((await here.files.put('/tmp/shared/f', user, { query: { user } })).status).toBe(200);
    }
    expect((await here.files.put('/tmp/theirs', 'x', { query: { user: 'app' } })).status).toBe(403);
    for (const user of ['1001', 'app:app']) {
      // As for a process: a group that is named is the only one.
      expect((await here.files.get('/tmp/theirs', {}, { user })).status, user).toBe(403);
      expect((await here.files.put('/tmp/shared/f', user, { query: { user } })).status, user).toBe(403);
    }
    const byGroup = { user: '1001:7777' };
    expect((await here.files.get('/tmp/theirs', {}, byGroup)).bytes.toString()).toBe('theirs\n');
  });

  it('are listed as many at once as the configuration says', async () => {
    await here.truth('mkdir /tmp/101 && cd /tmp/101 && seq 101 | xargs touch');
    expect(await here.files.list('/tmp/101')).toMatchObject({
      status: 413,
      json: { message: expect.stringContaining('100') },
    });
    expect(await here.files.list('/tmp/101', { limit: '101' })).toMatchObject({
      status: 400,
      json: { details: { field: 'limit' }, message: expect.stringContaining('100') },
    });
    const { entries, next_cursor } = (await here.files.list('/tmp/101', { limit: '100' })).json;
    expect(entries).toHaveLength(100);
    const rest = (await here.files.list('/tmp/101', { cursor: next_cursor })).json;
    expect(rest.entries).toHaveLength(1);
    expect(rest.next_cursor).toBeUndefined();
  });

  it('have names of any bytes', async () => {
    const path_base64 = base64(Buffer.from('/tmp/bytes-\xff\xfe', 'latin1'));
    const written = await here.files.call({
      method: 'PUT',
      query: { path_base64 },
      body: 'x',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(written).toMatchObject({ status: 200, json: { path_base64, status: 'written' } });
    const [entry] = (await here.files.list('/tmp')).json.entries.filter((e: { name_base64?: string }) => e.name_base64);
    expect(entry).toMatchObject({ path_base64, type: 'file' });
    expect((await here.files.call({ query: { path_base64 } })).json).toMatchObject({ content: 'x', path_base64 });
    expect((await here.files.call({ method: 'DELETE', query: { path_base64 } })).status).toBe(204);
    expect((await here.files.call({ query: { path_base64, path: '/tmp' } })).status).toBe(400);
    expect((await here.files.call({ query: { path_base64: base64('/a\0b') } })).status).toBe(400);
  });

  it('past the limit, or cut off, change nothing', async () => {
    await here.files.put('/tmp/kept', 'old');
    const big = Buffer.alloc(20_000_001);
    expect(await here.files.put('/tmp/kept', big)).toMatchObject({ status: 413, json: { code: 'PAYLOAD_TOO_LARGE' } });
    const endless = () => {
      let left = 100;
      return new ReadableStream({
        pull: (controller) =>
          left-- > 0 ? controller.enqueue(randomBytes(50_000)) : controller.error(new Error('cut')),
      });
    };
    await expect(here.files.put('/tmp/kept', endless())).rejects.toThrow();
    await expect(here.files.put('/tmp/never', endless())).rejects.toThrow();
    expect((await here.files.get('/tmp/kept')).bytes.toString()).toBe('old');
    await eventually(
      async () => (await here.sandbox.sh('ls -A /tmp')).stdout,
      (names) => !names.includes('.atoll-tmp') && !names.includes('never'),
    );
    expect((await here.files.put('/etc', 'x')).status).toBe(400);
    expect((await here.files.put('/proc/x', big.subarray(0, 15_000_000))).status).toBe(403); // said while the body comes
  });

  it('change nothing on a full disk', async () => {
    await here.files.put('/dev/shm/kept', 'what was there'); // the engine's own tmpfs, of 64 MiB
    await here.sandbox.sh('head -c 63000000 /dev/zero >/dev/shm/filler');
    const full = { code: 'INSUFFICIENT_STORAGE', message: expect.stringContaining('/dev/shm/kept') };
    expect(await here.files.put('/dev/shm/kept', Buffer.alloc(10_000_000, 1))).toMatchObject({
      status: 507,
      json: full,
    });
    expect(await here.sandbox.write('/dev/shm/kept', 'x'.repeat(6_000_000))).toMatchObject({ status: 507, body: full });
    expect((await here.files.get('/dev/shm/kept')).bytes.toString()).toBe('what was there');
    expect((await here.sandbox.sh('ls -A /dev/shm; rm /dev/shm/filler')).stdout).toBe('filler\nkept\n');
  });

  it.each(['stop', 'pause'])('of a sandbox are not there after %s', async (what) => {
    const still = await here.service.sandbox();
    await here.service.post(`${still.path}/${what}`);
    const there = new Files(still);
    const tar = { 'content-type': 'application/x-tar' };
    const calls = {
      read: there.call({ query: { path: '/etc/passwd' } }),
      get: there.get('/etc/passwd'),
      tree: there.get('/etc', { accept: 'application/x-tar' }),
      write: there.call({ method: 'PUT', query: { path: '/tmp/x' }, body: { content: 'x' } }),
      put: there.put('/tmp/x', Buffer.alloc(1_000_000)),
      unpack: there.put('/tmp/x', Buffer.alloc(10_240), { headers: tar }),
      list: there.list('/tmp'),
      stat: there.stat('/tmp'),
      search: there.call({ call: '/search', query: { path: '/tmp', name: '*' } }),
      watch: there.call({ call: '/watch', query: { path: '/tmp' } }),
      mkdir: there.post('mkdir', '/tmp/x'),
      move: there.post('move', '/etc/passwd', { to: '/tmp/x' }),
      change: there.patch('/etc/passwd', { mode: '0600' }),
      delete: there.call({ method: 'DELETE', query: { path: '/etc/passwd' } }),
    };
    for (const [call, answer] of Object.entries(calls))
      expect(await answer, call).toMatchObject({ status: 409, json: { code: 'CONFLICT' } });
  });

  it('are taken and given by nothing else', async () => {
    const octets = { 'content-type': 'application/octet-stream' };
    const post = await here.files.call({
      method: 'POST',
      call: '/mkdir',
      query: { path: '/x' },
      body: 'x',
      headers: octets,
    });
    expect(post).toMatchObject({ status: 415, json: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    expect((await here.files.get('/dev/zero')).status).toBe(400);
    expect((await here.files.get('/tmp')).status).toBe(400);
    const proc = await here.files.get('/proc/self/status');
    expect(proc.bytes.toString()).toContain('Name:');
    expect(proc.headers.get('etag')).toBeNull();
    await here.sandbox.run('mkfifo', ['/tmp/fifo']);
    expect((await here.files.get('/tmp/fifo')).status).toBe(400);
    expect((await here.files.put('/tmp/fifo', 'x')).status).toBe(400);
  });
});
