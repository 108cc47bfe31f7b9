import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { extract, type Header as TarHeader } from 'tar-stream';
import { filesHere } from './support/files.js';
import { eventually } from './support/service.js';
import { tarOf, type TarEntry } from './support/tar.js';

describe('trees', () => {
  const here = filesHere({
    ATOLL_MAX_ARCHIVE_BYTES: '10000000',
    ATOLL_MAX_ARCHIVE_ENTRIES: '200',
    ATOLL_MAX_UPLOAD_FILES: '5',
  });

  const put = (path: string, body: Buffer | ReadableStream, query: Record<string, string> = {}, headers = {}) =>
    here.files.put(path, body, { query, headers: { 'content-type': 'application/x-tar', ...headers } });
  const get = (path: string, headers = {}) => here.files.get(path, { accept: 'application/x-tar', ...headers });
  const namesIn = async (archive: Buffer): Promise<Record<string, TarHeader>> => {
    const names: Record<string, TarHeader> = {};
    const reader = extract();
    reader.end(archive);
    for await (const entry of reader) {
      names[entry.header.name] = entry.header;
      entry.resume();
    }
    return names;
  };

  it('come back as they were, compressed or not', async () => {
    await here.truth(
      'mkdir -p "/tmp/t/sub dir/empty" && cd /tmp/t && head -c 3000000 /dev/urandom >big && ln -s "sub dir/f" l && mkfifo p',
    );
    await here.truth(
      `cd /tmp/t && echo f >"sub dir/f" && chmod 750 "sub dir/f" && touch -d @1000000000 "sub dir/f" && touch "$(printf 'new\\nline')" ü`,
    );
    await here.truth(
      'cd "/tmp/t/sub dir" && chmod 555 empty && touch -d @1100000000 empty . && touch -h -d @1200000000 ../l',
    );
    await here.truth('touch /tmp/t/$(printf "x%.0s" $(seq 200))');
    const plain = await get('/tmp/t', { 'accept-encoding': 'identity' });
    expect(plain.status).toBe(200);
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.headers.get('content-disposition')).toContain('filename="t.tar"');
    const encoded = await get('/tmp/t');
    expect(encoded.headers.get('content-encoding')).toBe('gzip');
    expect(encoded.bytes.equals(plain.bytes)).toBe(true); // fetch has unpacked it
    const packed = await here.files.get('/tmp/t', { accept: 'application/gzip' });
    expect(packed.headers.get('content-disposition')).toContain('filename="t.tar.gz"');
    expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true);
    const names = await namesIn(plain.bytes);
    expect(Object.keys(names)).toHaveLength(8);
    expect(names['sub dir/f']).toMatchObject({ mode: 0o750, size: 2 });

    const look = (dir: string) =>
      here.truth(
        `cd ${dir} && find . ! -type p ! -name . | sort | while IFS= read -r f; do stat -c "%a %s %Y %F %N" "$f"; done; cksum big "sub dir/f"`,
      );
    for (const [path, body, headers] of [
      ['/tmp/u1', plain.bytes, {}],
      ['/tmp/u2', gzipSync(plain.bytes), { 'content-encoding': 'gzip' }],
      ['/tmp/u3', packed.bytes, { 'content-type': 'application/gzip' }],
    ] as const) {
      const written = await put(path, body, {}, headers);
      expect(written).toMatchObject({ status: 200, json: { path, status: 'written', entries: 8, bytes: 3_000_002 } });
      expect(await look(path)).toBe(await look('/tmp/t'));
    }
  });

  it('go into what is there', async () => {
    await here.truth('mkdir -p /tmp/into/a && cd /tmp/into && echo old >a/x && echo stays >a/y && chmod 700 a');
    const archive = await tarOf(
      [{ name: 'a/', type: 'directory', mode: 0o555, mtime: new Date(0) }],
      [{ name: 'a/x' }, 'new'],
      [{ name: './b' }, 'b'],
    );
    expect((await put('/tmp/into', archive)).status).toBe(200);
    expect(await here.truth('cd /tmp/into && cat a/x a/y b && stat -c %a a')).toBe('newstays\nb700\n');
    expect(Number(await here.truth('stat -c %Y /tmp/into/a'))).toBeGreaterThan(1e9);
  });

  it('keep setgid in a folder that hands its group on, which root is not in', async () => {
    expect((await here.files.post('mkdir', '/tmp/team')).status).toBe(200);
    expect((await here.files.patch('/tmp/team', { group: '33', mode: '2775' })).status).toBe(200);
    const archive = await tarOf([{ name: 'd', type: 'directory', mode: 0o2750 }], [{ name: 'd/f', mode: 0o2755 }, 'x']);
    expect((await put('/tmp/team', archive)).status).toBe(200);
    expect(await here.truth('cd /tmp/team && stat -c "%a %g" . d d/f')).toBe('2775 33\n2750 33\n2755 33\n');
  });

  it('go into other file systems that are mounted there, with modes and times', async () => {
    const mtime = new Date(1_000_000_000_000);
    const across = await tarOf(
      [{ name: 'dev/shm/across', type: 'directory', mode: 0o555, mtime }],
      [{ name: 'dev/shm/across/f', mode: 0o640, mtime }, 'x'],
      [{ name: 'dev/shm/across/l', type: 'symlink', linkname: 'f', mtime }],
      [{ name: 'dev/shm/g' }, 'y'],
    );
    expect((await put('/', across)).status).toBe(200);
    expect(await here.truth('cd /dev/shm && cat across/l g && stat -c "%a %Y" across across/f across/l')).toBe(
      'xy555 1000000000\n640 1000000000\n777 1000000000\n',
    );
  });

  it.each<[string, TarEntry[], number]>([
    ['a name with ..', [[{ name: 'a/../../evil' }, 'x']], 400],
    ['an absolute name', [[{ name: '/tmp/evil' }, 'x']], 400],
    ['a link that leads out', [[{ name: 'l', type: 'symlink', linkname: '../../etc' }]], 400],
    ['a link to an absolute path', [[{ name: 'l', type: 'symlink', linkname: '/etc' }]], 400],
    [
      'a name below a link',
      [[{ name: 'l', type: 'symlink', linkname: 'd' }], [{ name: 'd', type: 'directory' }], [{ name: 'l/x' }, 'x']],
      400,
    ],
    ['a hard link that leads out', [[{ name: 'h', type: 'link', linkname: '/etc/passwd' }]], 400],
    [
      'a hard link by a link',
      [[{ name: 'l', type: 'symlink', linkname: 'd' }], [{ name: 'h', type: 'link', linkname: 'l/passwd' }]],
      400,
    ],
    ['a device', [[{ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }]], 400],
    ['a FIFO', [[{ name: 'p', type: 'fifo' }]], 400],
    ['too many entries', Array.from({ length: 201 }, (_, n): TarEntry => [{ name: `f${n}` }, '']), 413],
    [
      'too much',
      [
        [{ name: 'a' }, Buffer.alloc(6_000_000)],
        [{ name: 'b' }, Buffer.alloc(6_000_000)],
      ],
      413,
    ],
    ['a file where a directory is', [[{ name: 'kept' }, 'x']], 409],
    ['a directory where a file is', [[{ name: 'file/x' }, 'x']], 409],
  ])('with %s are refused, and change nothing', async (_what, entries, status) => {
    await here.truth('rm -rf /tmp/bad; mkdir -p /tmp/bad/kept && echo f >/tmp/bad/file');
    const answer = await put('/tmp/bad', await tarOf([{ name: 'good' }, 'good'], ...entries));
    expect(answer.status).toBe(status);
    expect(await here.truth('find /tmp/bad | sort; ls /tmp/evil /evil 2>/dev/null')).toBe(
      '/tmp/bad\n/tmp/bad/file\n/tmp/bad/kept\n',
    );
    expect((await put('/tmp/fresh', await tarOf([{ name: 'good' }, 'good'], ...entries.slice(-1)))).status).not.toBe(
      500,
    );
    await here.truth('rm -rf /tmp/fresh');
  });

  it('may keep links that lead out, and never follow them', async () => {
    await here.truth('mkdir -p /tmp/links && ln -s /tmp/outside /tmp/links/d && mkdir -p /tmp/outside');
    const archive = await tarOf([{ name: 'python', type: 'symlink', linkname: '/usr/bin/python3' }]);
    expect((await put('/tmp/links', archive, { links: 'keep' })).status).toBe(200);
    expect(await here.truth('readlink /tmp/links/python')).toBe('/usr/bin/python3\n');
    expect((await put('/tmp/links', await tarOf([{ name: 'd/x' }, 'x']))).status).toBe(409);
    expect(await here.truth('ls -A /tmp/outside')).toBe('');
  });

  it('that are no archives, bombs, or cut off, change nothing', async () => {
    expect((await put('/tmp/none', randomBytes(5000))).status).toBe(400);
    expect((await put('/tmp/none', gzipSync(randomBytes(5000)))).status).toBe(400);
    const bomb = createGzip();
    bomb.end(await tarOf([{ name: 'zeros' }, Buffer.alloc(50_000_000)]));
    expect((await put('/tmp/none', await buffer(bomb))).status).toBe(413);
    const whole = await tarOf([{ name: 'a' }, randomBytes(1_000_000)], [{ name: 'b' }, randomBytes(1_000_000)]);
    expect((await put('/tmp/none', whole.subarray(0, 1_500_000))).status).toBe(400);
    const cut = new ReadableStream({
      start: (controller) => controller.enqueue(whole.subarray(0, 1_500_000)),
      pull: (controller) => controller.error(new Error('cut')),
    });
    await expect(put('/tmp/none', cut)).rejects.toThrow();
    await eventually(
      () => here.truth('find / -xdev -name ".atoll-tmp*" -o -path /tmp/none'),
      (left) => left === '',
    );
    expect((await put('/proc/x', whole)).status).toBe(403);
    expect((await put('/no', whole, { user: '1000' })).status).toBe(403);
    expect((await get('/etc/passwd')).status).toBe(400);
    expect((await get('/proc')).status).toBe(400);
    expect((await get('/none')).status).toBe(404);
  });

  it('are fine for a plain user on its own ground', async () => {
    await here.truth('mkdir /tmp/home && chown 1000:1000 /tmp/home');
    const archive = await tarOf(
      [{ name: 'd/', type: 'directory', mode: 0o555 }, ''],
      [{ name: 'd/f', mode: 0o400 }, 'mine'],
    );
    expect((await put('/tmp/home', archive, { user: '1000' })).status).toBe(200);
    expect(await here.truth('cd /tmp/home && stat -c "%a %u" d d/f && cat d/f')).toBe('555 1000\n400 1000\nmine');
  });

  it('arrive as forms with several files', async () => {
    const form = new FormData();
    const big = randomBytes(700_000);
    form.append('files', new Blob([big]), 'big.bin');
    form.append('anything', 'a field that is no file');
    form.append('files', new Blob(['ü\r\n']), 'deep/ünï (1) $x.txt');
    form.append('files', new Blob([]), 'empty');
    const post = (path: string, body: FormData) =>
      fetch(`${here.service.url}${here.sandbox.path}/files?path=${encodeURIComponent(path)}`, {
        method: 'POST',
        headers: { authorization: here.service.headers.authorization },
        body,
      });
    const answer = await post('/tmp/form/', form);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      ...{ path: '/tmp/form/', status: 'written' },
      files: [
        { path: '/tmp/form/big.bin', size: 700_000 },
        { path: '/tmp/form/deep/ünï (1) $x.txt', size: 4 },
        { path: '/tmp/form/empty', size: 0 },
      ],
    });
    expect((await here.files.get('/tmp/form/big.bin')).bytes.equals(big)).toBe(true);
    expect((await here.files.get('/tmp/form/deep/ünï (1) $x.txt')).bytes.toString()).toBe('ü\r\n');
    for (const name of ['../evil', '/evil', 'a//b']) {
      const bad = new FormData();
      bad.append('files', new Blob([big]), name);
      expect((await post('/tmp/form', bad)).status).toBe(400);
    }
    const many = new FormData();
    for (let n = 0; n < 6; n++) many.append('f', new Blob(['x']), `${n}`);
    expect((await post('/tmp/many', many)).status).toBe(413);
    const json = await here.files.call({ method: 'POST', query: { path: '/tmp' }, body: {} });
    expect(json.status).toBe(415);
    const broken = { 'content-type': 'multipart/form-data; boundary=x' };
    const half = '--x\r\ncontent-disposition: form-data; name="f"; filename="half"\r\n\r\nhalf';
    expect(
      (await here.files.call({ method: 'POST', query: { path: '/tmp' }, body: half, headers: broken })).status,
    ).toBe(400);
    expect(await here.truth('ls -A /tmp | grep -e half -e atoll; ls /evil /tmp/evil 2>/dev/null')).toBe('');
  });
});
