import { createHash, randomBytes } from 'node:crypto';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import { filesHere } from './support/files.js';

const MB = 1_000_000;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('files that several touch at once', () => {
  const here = filesHere();

  it('are never seen half, with several writers on one path', async () => {
    const versions = Array.from({ length: 6 }, (_, n) => randomBytes(MB + n));
    const known = new Set(versions.map(sha256));
    await here.files.put('/tmp/shared', versions[0]);
    let writing = true;
    const readers = [1, 2].map(async () => {
      let reads = 0;
      for (; writing || reads === 0; reads++) {
        const { status, bytes } = await here.files.get('/tmp/shared');
        expect(status).toBe(200);
        expect(known.has(sha256(bytes))).toBe(true);
      }
      return reads;
    });
    const writers = versions.map(async (content) => {
      for (let turn = 0; turn < 3; turn++) expect((await here.files.put('/tmp/shared', content)).status).toBe(200);
    });
    await Promise.all(writers);
    writing = false;
    for (const reads of await Promise.all(readers)) expect(reads).toBeGreaterThan(0);
    expect(known.has(sha256((await here.files.get('/tmp/shared')).bytes))).toBe(true);
    expect(await here.truth('ls -A /tmp')).toBe('shared\n');
  });

  it('lose nothing of what is appended at the same time', async () => {
    const lines = Array.from({ length: 20 }, (_, n) => `line ${n} ${'x'.repeat(n * 97)}\n`);
    const append = (line: string) => here.files.put('/tmp/log', line, { query: { append: 'true' } });
    await here.files.put('/tmp/log', '');
    await Promise.all(lines.map(append));
    const { bytes } = await here.files.get('/tmp/log');
    expect(bytes.toString().split('\n').sort()).toEqual(lines.join('').split('\n').sort());
  });

  it('are read whole or not at all when they are deleted meanwhile', async () => {
    const content = randomBytes(4 * MB);
    const seen = new Set<number>();
    for (let turn = 0; turn < 10; turn++) {
      await here.files.put('/tmp/doomed', content);
      const reads = Array.from({ length: 3 }, () => here.files.get('/tmp/doomed'));
      const removed = await here.files.call({ method: 'DELETE', query: { path: '/tmp/doomed' } });
      expect(removed.status).toBe(204);
      for (const { status, bytes } of await Promise.all(reads)) {
        seen.add(status);
        if (status === 200) expect(bytes.equals(content)).toBe(true);
        else expect(status).toBe(404);
      }
    }
    expect(seen.has(200)).toBe(true);
  });

  it('stay what they were for a program that holds them open', async () => {
    await here.files.put('/tmp/held', 'old content\n');
    const script =
      'exec 3</tmp/held; touch /tmp/ready; while [ ! -e /tmp/go ]; do sleep 0.02; done; cat <&3; cat /tmp/held';
    const reading = here.truth(script);
    await expect.poll(() => here.truth('ls /tmp/ready')).toBe('/tmp/ready\n');
    await here.files.put('/tmp/held', 'new\n');
    await here.files.put('/tmp/go', '');
    expect(await reading).toBe('old content\nnew\n');
  });

  it('are replaced while they run', async () => {
    await here.truth('cp /bin/busybox /tmp/sleep');
    const running = await here.sandbox.spawn('/tmp/sleep', ['30']);
    expect((await here.files.put('/tmp/sleep', '#!/bin/sh\necho other\n')).status).toBe(200);
    expect((await here.sandbox.run('/tmp/sleep', ['30'])).stdout).toBe('other\n'); // with its mode
    expect((await here.service.get(`${here.sandbox.path}/cmd/${running}`)).body.command.state).toBe('running');
    await here.service.post(`${here.sandbox.path}/cmd/${running}/kill`, { signal: 9 });
  });

  /** A folder of a plain user's that is a link to somewhere else every other moment. */
  it('cannot be led elsewhere by folders that are swapped for links', async () => {
    await here.truth(`mkdir -p /victim/a/b && echo precious >/victim/a/f && echo precious >/victim/f && chmod -R go-w /victim
      mkdir -p /tmp/mine && chown 1000:1000 /tmp/mine`);
    const swap =
      'cd /tmp/mine; while :; do mkdir -p d/a/b; touch d/a/f d/f; ln -s /victim l; mv -T d e; mv -T l d; mv -T d l; mv -T e d; rm l; done';
    const { body } = await here.service.post(`${here.sandbox.path}/cmd`, {
      command: 'sh',
      args: ['-c', swap],
      user: '1000:1000',
    });
    const archive = pack();
    archive.entry({ name: 'd/a/new' }, 'x');
    archive.entry({ name: 'd/new' }, 'x');
    archive.finalize();
    const tar = await buffer(archive);
    const path = '/tmp/mine/d';
    const until = Date.now() + 4000;
    let calls = 0;
    for (; calls < 3 || Date.now() < until; calls++) {
      const answers = await Promise.all([
        here.files.call({ method: 'DELETE', query: { path } }),
        here.files.call({ method: 'DELETE', query: { path: '/tmp/mine' }, headers: {} }),
        here.files.patch('/tmp/mine', { mode: '0777', owner: '1000', recursive: true }),
        here.files.call({
          method: 'PUT',
          query: { path: '/tmp/mine' },
          headers: { 'content-type': 'application/x-tar' },
          body: tar,
        }),
        here.files.post('copy', '/tmp/mine', { to: `/tmp/copy ${calls}` }),
        here.files.post('move', path, { to: `/tmp/mine/moved`, overwrite: true }),
      ]);
      for (const { status } of answers) expect(status).toBeLessThan(500);
      await here.truth('mkdir -p /tmp/mine; chown 1000:1000 /tmp/mine; rm -rf /tmp/copy*');
    }
    await here.service.post(`${here.sandbox.path}/cmd/${body.command.id}/kill`, { signal: 9 });
    expect(calls).toBeGreaterThan(2);
    const victim = 'cd /victim && find . | sort && cat f a/f && stat -c "%a %u" . a a/b a/f f';
    expect(await here.truth(victim)).toBe(
      '.\n./a\n./a/b\n./a/f\n./f\nprecious\nprecious\n755 0\n755 0\n755 0\n644 0\n644 0\n',
    );
  });

  it('are not reached outside of the sandbox by any link or path', async () => {
    const own = (await here.files.get('/etc/hostname')).bytes.toString();
    await here.truth('ln -s /proc/self/root /tmp/root; ln -s /proc/1/root /tmp/pid1; ln -s ../../../../../.. /tmp/up');
    for (const path of [
      '/../../../etc/hostname',
      '/tmp/up/etc/hostname',
      '/tmp/root/etc/hostname',
      '/tmp/pid1/etc/hostname',
      '/proc/1/cwd/etc/hostname',
    ]) {
      const { status, bytes } = await here.files.get(path);
      if (status === 200) expect(bytes.toString()).toBe(own);
      else expect([403, 404]).toContain(status);
    }
    for (const secret of ['environ', 'mem', 'maps', 'fd/0', 'fd/3', 'task/1/environ', 'map_files']) {
      for (const self of ['/proc/self', '/proc/1', '/proc/thread-self', '/tmp/root/proc/1']) {
        const { status } = await here.files.get(`${self}/${secret}`);
        expect([400, 403, 404], `${self}/${secret}`).toContain(status);
      }
    }
    const written = await here.files.put('/tmp/root/tmp/by-root', 'x');
    expect([200, 403]).toContain(written.status);
    if (written.status === 200) expect(await here.truth('cat /tmp/by-root')).toBe('x');
    for (const path of [
      '/proc/self/fd/5',
      '/proc/1/mem',
      '/sys/kernel/uevent_helper',
      '/proc/sysrq-trigger',
      '/tmp/root/proc/sysrq-trigger',
    ])
      expect((await here.files.put(path, 'x')).status, path).toBe(403);
  });
});
