import { filesHere } from './support/files.js';

describe('entries that are out of the ordinary', () => {
  const here = filesHere();

  it('are listed with any size, any time and any target', async () => {
    await here.truth(
      'mkdir /dev/shm/o && cd /dev/shm/o && truncate -s 4611686018427387904 huge && echo x >late && ln -s "$(printf "a\\377")" link',
    );
    await here.truth('touch -d "2400-01-01 00:00:00" /dev/shm/o/late');
    const list = await here.files.list('/dev/shm/o');
    expect(list.status).toBe(200);
    expect(list.json.entries).toMatchObject([
      { name: 'huge', size: 2 ** 62 },
      { name: 'late', mtime: '2400-01-01T00:00:00.000Z' },
      { name: 'link' },
    ]);
    expect(list.json.output).toContain(' link -> a\\377\n');
    expect((await here.files.stat('/dev/shm/o/huge')).json).toMatchObject({ size: 2 ** 62 });
    const found = await here.files.call({ call: '/search', query: { path: '/dev/shm/o', name: 'h*' } });
    expect(found.json.matches).toMatchObject([{ size: 2 ** 62 }]);
    const part = await here.files.get('/dev/shm/o/huge', { range: 'bytes=0-9' });
    expect([part.status, part.bytes.length]).toEqual([206, 10]);
  });

  it('do not seem empty when they may be read but not searched', async () => {
    await here.truth('mkdir -p /tmp/names/sub && echo x >/tmp/names/f && chown -R 1000:1000 /tmp/names');
    await here.truth('chmod 444 /tmp/names');
    const user = { user: '1000' };
    expect((await here.files.list('/tmp/names', user)).status).toBe(403);
    expect((await here.files.post('copy', '/tmp/names', { to: '/tmp/copied' }, user)).status).toBe(403);
    expect((await here.files.get('/tmp/names', { accept: 'application/x-tar' }, user)).status).toBe(403);
    await here.truth('chmod 755 /tmp/names');
    const closed = await here.files.patch('/tmp/names', { mode: '0644', recursive: true }, user);
    expect(closed.json).toMatchObject({ status: 'changed', entries: 3 });
    expect(await here.truth('cd /tmp/names && stat -c "%a %n" . f sub')).toBe('644 .\n644 f\n644 sub\n');
  });
});
