import { filesHere } from './support/files.js';
import { tarOf } from './support/tar.js';

describe('archives that meet what is there', () => {
  const here = filesHere();

  const put = (path: string, body: Buffer, query: Record<string, string> = {}) =>
    here.files.put(path, body, { query, headers: { 'content-type': 'application/x-tar' } });

  it('are written in place where a file is a mount, as /etc/hosts is', async () => {
    const etc = await here.files.get('/etc', { accept: 'application/x-tar' });
    const before = await here.truth('cd /etc && find . -type f | sort | xargs cksum; stat -c "%a %u" hosts');
    expect(await put('/etc', etc.bytes, { links: 'keep' })).toMatchObject({ status: 200 });
    expect(await here.truth('cd /etc && find . -type f | sort | xargs cksum; stat -c "%a %u" hosts')).toBe(before);
    const hosts = await tarOf([{ name: 'etc/hosts', mode: 0o600 }, '127.0.0.1 localhost here\n'], [{ name: 'z' }, 'z']);
    expect((await put('/', hosts)).status).toBe(200);
    expect(await here.truth('cat /etc/hosts /z; stat -c %a /etc/hosts; grep -c /etc/hosts /proc/mounts')).toBe(
      '127.0.0.1 localhost here\nz644\n1\n',
    );
  });

  it('change nothing where a part of them may not go', async () => {
    await here.truth('mkdir -p /tmp/u/ro /tmp/u/sticky && cd /tmp/u && echo old | tee a sticky/theirs >/dev/null');
    await here.truth('cd /tmp/u && chown 1000 . a && chmod 1777 sticky');
    for (const refused of ['ro/b', 'sticky/theirs']) {
      const archive = await tarOf([{ name: 'a' }, 'new'], [{ name: refused }, 'new']);
      expect((await put('/tmp/u', archive, { user: '1000' })).status).toBe(403);
    }
    expect(await here.truth('cd /tmp/u && find . | sort && cat a')).toBe(
      '.\n./a\n./ro\n./sticky\n./sticky/theirs\nold\n',
    );
  });

  it('go below folders that may not be written themselves', async () => {
    await here.truth('mkdir -p /tmp/h/home/one && chown 1000:1000 /tmp/h/home/one && chmod 711 /tmp/h/home');
    const archive = await tarOf(
      [{ name: 'tmp/h/home/one/d/f' }, 'mine'],
      [{ name: 'dev/shm/one' }, 'mine'],
      [{ name: 'dev/shm/closed', mode: 0o200 }, 'mine'],
    );
    expect((await put('/', archive, { user: '1000' })).status).toBe(200);
    expect(await here.truth('cd /tmp/h/home/one && stat -c %u d d/f /dev/shm/one && cat d/f /dev/shm/one')).toBe(
      '1000\n1000\n1000\nminemine',
    );
    expect(await here.truth('stat -c "%a %u %s" /dev/shm/closed')).toBe('200 1000 4\n');
    const above = await tarOf([{ name: 'tmp/h/home/one/g' }, 'mine'], [{ name: 'above' }, 'no']);
    expect((await put('/', above, { user: '1000' })).status).toBe(403);
    expect(await here.truth('ls /above /tmp/h/home/one/g 2>/dev/null; find / -xdev -name ".atoll-tmp*"')).toBe('');
  });
});
