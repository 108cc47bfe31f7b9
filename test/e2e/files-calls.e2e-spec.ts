import { filesHere } from './support/files.js';

interface Entry {
  path: string;
  name: string;
}

describe('what is done with files', () => {
  const here = filesHere();

  const pages = async (path: string, query: Record<string, string>): Promise<Entry[]> => {
    const entries: Entry[] = [];
    for (let cursor: string | undefined, page = 0; page === 0 || cursor; page++) {
      const { status, json } = await here.files.list(path, { ...query, ...(cursor ? { cursor } : {}) });
      expect(status).toBe(200);
      entries.push(...json.entries);
      cursor = json.next_cursor;
    }
    return entries;
  };

  it('lists 10,000 entries at once, and 100,000 page by page', async () => {
    await here.truth('mkdir /tmp/many && cd /tmp/many && seq 10000 | xargs touch');
    const { status, json } = await here.files.list('/tmp/many');
    expect(status).toBe(200);
    expect(json.entries).toHaveLength(10_000);
    expect(json.next_cursor).toBeUndefined();
    await here.truth('cd /tmp/many && seq 10001 100000 | xargs touch');
    expect(await here.files.list('/tmp/many')).toMatchObject({
      status: 413,
      json: { message: expect.stringContaining('cursor') },
    });
    const names = (await pages('/tmp/many', { limit: '10000' })).map(({ name }) => Number(name));
    expect(names).toHaveLength(100_000);
    expect(new Set(names).size).toBe(100_000);
    expect((await here.files.call({ method: 'DELETE', query: { path: '/tmp/many' } })).status).toBe(204);
  });

  it('lists a tree, whole or page by page, and goes round in no loop', async () => {
    await here.truth(
      'mkdir -p /tmp/tree/b/c /tmp/tree/a.d && cd /tmp/tree && touch z b/x b/c/y a.d/1 a && ln -s .. b/loop && ln -s /etc out',
    );
    const all = ['a', 'a.d', 'a.d/1', 'b', 'b/c', 'b/c/y', 'b/loop', 'b/x', 'out', 'z'].map((p) => `/tmp/tree/${p}`);
    const paths = (entries: Entry[]) => entries.map(({ path }) => path);
    const whole = (await here.files.list('/tmp/tree', { recursive: 'true' })).json;
    expect(paths(whole.entries)).toEqual(all);
    expect(whole.output).toContain(' b/loop -> ..\n');
    for (const limit of ['1', '2', '3', '10']) {
      expect(paths(await pages('/tmp/tree/', { recursive: 'true', limit }))).toEqual(all);
    }
    expect(paths((await here.files.list('/tmp/tree')).json.entries)).toHaveLength(5);
  });

  it('walks a tree of 1,000 levels', async () => {
    await here.truth('cd /tmp && i=0; while [ $i -lt 1000 ]; do mkdir d && cd d; i=$((i+1)); done; touch bottom');
    const { entries } = (await here.files.list('/tmp/d', { recursive: 'true' })).json as { entries: Entry[] };
    expect(entries).toHaveLength(1000);
    expect(entries.at(-1)!.name).toBe('bottom');
    expect(await pages('/tmp/d', { recursive: 'true', limit: '300' })).toEqual(entries);
    const long = 'ä'.repeat(30); // whose paths come to 61 kB, and three times as many on the way to the agent
    await here.truth(
      `cd /tmp && i=0; while [ $i -lt 1000 ]; do mkdir ${long} && cd -P ${long}; i=$((i+1)); done; touch bottom`,
    );
    const levels = await pages(`/tmp/${long}`, { recursive: 'true', limit: '300' });
    const below = (levels: number, last = '') => `/tmp/${Array(levels).fill(long).join('/')}${last}`;
    const all = Array.from({ length: 999 }, (_, n) => below(n + 2));
    expect(levels.map(({ path }) => path)).toEqual([...all, below(1000, '/bottom')]);
    expect((await here.files.call({ method: 'DELETE', query: { path: `/tmp/${long}` } })).status).toBe(204);
    expect((await here.files.post('copy', '/tmp/d', { to: '/tmp/e' })).status).toBe(200);
    expect(await here.truth('find /tmp/e -name bottom | wc -l')).toBe('1\n');
    for (const path of ['/tmp/d', '/tmp/e']) {
      expect((await here.files.call({ method: 'DELETE', query: { path } })).status).toBe(204);
    }
  });

  it('tells of one entry', async () => {
    await here.truth(
      'cd /tmp && printf hello >told && chmod 2640 told && ln told twin && ln -s told link && ln -s gone dangling',
    );
    expect((await here.files.stat('/tmp/told')).json).toMatchObject({
      ...{ name: 'told', path: '/tmp/told', type: 'file', size: 5, mode: '2640', uid: 0, owner: 'root', links: 2 },
    });
    expect((await here.files.stat('/tmp/link')).json).toMatchObject({ type: 'symlink', target: 'told' });
    expect((await here.files.stat('/tmp/link', { follow: 'true' })).json).toMatchObject({ type: 'file', size: 5 });
    expect((await here.files.stat('/tmp/dangling', { follow: 'true' })).status).toBe(404);
    expect((await here.files.stat('/')).json).toMatchObject({ name: '/', type: 'directory' });
    expect((await here.files.stat('/dev/null')).json).toMatchObject({ type: 'char' });
  });

  it('makes directories with their parents', async () => {
    const deep = await here.files.post('mkdir', '/tmp/new/deep', { mode: '0700' });
    expect(deep).toMatchObject({ status: 200, json: { path: '/tmp/new/deep', status: 'created' } });
    expect(await here.truth('stat -c "%a" /tmp/new /tmp/new/deep')).toBe('755\n700\n');
    expect((await here.files.post('mkdir', '/tmp/new/deep', { mode: '0755' })).json.status).toBe('existing');
    expect((await here.files.post('mkdir', '/tmp/told')).status).toBe(409);
    expect((await here.files.post('mkdir', '/proc/x')).status).toBe(403);
    expect((await here.files.post('mkdir', '/tmp/told/x')).status).toBe(400);
  });

  it('moves, over file systems too', async () => {
    await here.truth('mkdir -p /tmp/from/sub && echo 1 >/tmp/from/sub/file && chmod 600 /tmp/from/sub/file');
    expect(await here.files.post('move', '/tmp/from', { to: '/tmp/to/there' })).toMatchObject({
      status: 200,
      json: { path: '/tmp/from', to: '/tmp/to/there', status: 'moved' },
    });
    expect((await here.files.post('move', '/tmp/from', { to: '/tmp/x' })).status).toBe(404);
    await here.files.put('/tmp/in-the-way', 'old');
    await here.files.put('/tmp/mover', 'new');
    expect((await here.files.post('move', '/tmp/mover', { to: '/tmp/in-the-way' })).status).toBe(409);
    expect((await here.files.post('move', '/tmp/mover', { to: '/tmp/in-the-way', overwrite: true })).status).toBe(200);
    expect((await here.files.get('/tmp/in-the-way')).bytes.toString()).toBe('new');
    expect((await here.files.post('move', '/tmp/to/there', { to: '/dev/shm/moved' })).status).toBe(200);
    expect(
      await here.truth('cat /dev/shm/moved/sub/file; stat -c %a /dev/shm/moved/sub/file; ls /tmp/to; ls -A /dev/shm'),
    ).toBe('1\n600\nmoved\n');
    expect((await here.files.post('move', '/tmp/to', { to: '/tmp/to/inside' })).status).toBe(400);
    expect((await here.files.post('move', '/etc/hosts', { to: '/tmp/hosts' })).status).toBe(409);
    expect((await here.files.post('move', '/tmp/to', {})).status).toBe(400);
    expect((await here.files.post('move', '/bin', { to: '/usr-bin' })).status).toBe(200); // of the image: a lower layer
    expect((await here.files.post('move', '/usr-bin', { to: '/bin' })).status).toBe(200);
    expect(await here.truth('echo still here')).toBe('still here\n');
  });

  it('copies a tree with modes, owners, times and links, all or nothing', async () => {
    await here.truth(
      'mkdir -p /tmp/src/sub && cd /tmp/src && head -c 9000000 /dev/urandom >big && echo s >sub/s && ln -s sub/s l',
    );
    await here.truth(
      'cd /tmp/src && chmod 4750 big && chown 5:6 sub/s && touch -d @1000000000 sub/s sub && mkfifo pipe',
    );
    await here.truth('cd /tmp/src && echo end | dd of=holes bs=1000000 seek=300 2>/dev/null');
    expect((await here.files.post('copy', '/tmp/src', { to: '/tmp/dst' })).status).toBe(200);
    const look = (dir: string) =>
      here.truth(`cd ${dir} && stat -c '%n %a %u %g %s %Y' big sub/s && stat -c %Y sub && readlink l && cksum big`);
    expect(await look('/tmp/dst')).toBe(await look('/tmp/src'));
    expect(await here.truth('cmp /tmp/src/holes /tmp/dst/holes && stat -c %s /tmp/dst/holes')).toBe('300000004\n');
    expect(Number(await here.truth('stat -c %b /tmp/dst/holes')) * 512).toBeLessThan(1_000_000);
    expect((await here.files.post('copy', '/tmp/src', { to: '/tmp/dst' })).status).toBe(409);
    expect((await here.files.post('copy', '/tmp/src', { to: '/tmp/dst', overwrite: true })).status).toBe(409);
    expect((await here.files.post('copy', '/tmp/src', { to: '/tmp/src/in' })).status).toBe(400);
    expect((await here.files.post('copy', '/tmp/src/pipe', { to: '/tmp/pipe' })).status).toBe(400);
    expect((await here.files.post('copy', '/tmp/src/l', { to: '/tmp/followed' })).status).toBe(200);
    expect((await here.files.get('/tmp/followed')).bytes.toString()).toBe('s\n');
    expect((await here.files.post('copy', '/tmp/src', { to: '/no' }, { user: '1000' })).status).toBe(403);
    expect((await here.files.post('copy', '/proc', { to: '/tmp/proc' })).status).toBe(400);
    expect(await here.truth('find / -xdev -name ".atoll-tmp*"')).toBe('');
  });

  it('makes links, and changes modes and owners', async () => {
    expect((await here.files.post('symlink', '/tmp/made', { target: '../etc/passwd' })).status).toBe(200);
    expect(await here.truth('readlink /tmp/made')).toBe('../etc/passwd\n');
    expect((await here.files.post('symlink', '/tmp/made', { target: 'x' })).status).toBe(409);
    expect((await here.files.post('symlink', '/tmp/made', { target: 'x', overwrite: true })).status).toBe(200);
    await here.truth('mkdir -p /tmp/own/sub && cd /tmp/own && touch a sub/b && ln -s /etc/passwd out');
    expect(
      (await here.files.patch('/tmp/own', { mode: '0750', owner: 'app', group: '7', recursive: true })).json,
    ).toEqual({
      ...{ path: '/tmp/own', status: 'changed', entries: 5 },
    });
    expect(await here.truth('cd /tmp/own && stat -c "%a %U %g" . a sub sub/b && stat -c %u:%a /etc/passwd')).toBe(
      `${'750 app 7\n'.repeat(4)}0:644\n`,
    );
    expect((await here.files.patch('/tmp/own', { group: '33', mode: '2775' })).status).toBe(200); // root is not in that group
    const inGroup = { uid: '0', gid: '7', mode: '2755' };
    expect((await here.files.put('/tmp/own/s', 'x', { query: inGroup })).status).toBe(200);
    expect((await here.files.put('/tmp/own/s', 'y')).status).toBe(200);
    expect((await here.files.post('copy', '/tmp/own', { to: '/tmp/own2' })).status).toBe(200);
    for (const dir of ['own', 'own2'])
      expect(await here.truth(`cd /tmp/${dir} && stat -c "%a %g" . s`)).toBe('2775 33\n2755 7\n');
    expect((await here.files.patch('/tmp/own', {})).status).toBe(400);
    expect((await here.files.patch('/tmp/own', { owner: 'nobody-here' })).status).toBe(400);
    expect((await here.files.patch('/etc/passwd', { mode: '0666' }, { user: '1000' })).status).toBe(403);
    expect((await here.files.patch('/proc/sys/kernel/hostname', { mode: '0666' })).status).toBe(403);
  });
});
