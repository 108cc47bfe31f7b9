import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { docker } from './support/docker.js';
import { PASSWORD, Registry, USER } from './support/registry.js';
import { Service } from './support/service.js';

const RIGHT = { username: USER, password: PASSWORD };
const OTHER = process.arch === 'x64' ? 'arm64' : 'amd64';

/** What registries answer, and how Atoll tells it. */
describe('registries', () => {
  let service: Service;
  let open: Registry;
  let closed: Registry;
  let folder: string;

  const pull = (image: string, more: object = {}) => service.post('/v1/images/pull', { image, ...more });
  const remove = (image: string) => service.delete(`/v1/images/${image}?force=true`);
  const config = (password: string) =>
    writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ auths: { [closed.host]: { auth: btoa(`${USER}:${password}`) } } }),
    );

  beforeAll(async () => {
    [open, closed] = await Promise.all([Registry.start(), Registry.start({ password: true })]);
    await closed.push('team/private', '1');
    folder = open.folder;
    await config(PASSWORD);
    service = await Service.start({ LOG_LEVEL: 'trace' });
  });
  afterAll(async () => {
    await Promise.all([service.stop(), open.stop(), closed.stop()]);
  });

  it('with a password want it, in the body', async () => {
    const image = `${closed.host}/team/private:1`;
    for (const auth of [undefined, { ...RIGHT, password: 'wrong-password' }, { username: 'alice', password: PASSWORD }])
      expect(await pull(image, { auth })).toMatchObject({
        status: 403,
        body: {
          code: 'FORBIDDEN',
          message: expect.stringContaining(closed.host),
          details: { registry: expect.any(String) },
        },
      });
    expect(await pull(image, { auth: RIGHT })).toMatchObject({ status: 200 });
    expect((await remove(image)).status).toBe(204);
    // They were for that call alone.
    expect((await pull(image)).status).toBe(403);
    expect(await pull(`${closed.host}/team/none:1`, { auth: RIGHT })).toMatchObject({ status: 404 });
  });

  it('wrong credentials get nothing by joining right ones', async () => {
    await closed.push('team/joined', '1', { layers: [randomBytes(5_000_000)] });
    const image = `${closed.host}/team/joined:1`;
    const asked = [RIGHT, { ...RIGHT, password: 'x' }, undefined, RIGHT].map((auth) => pull(image, { auth }));
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 403, 403, 200]);
    await remove(image);
  });

  it('with a password get it from the configured file, as it is at that moment', async () => {
    const image = `${closed.host}/team/private:1`;
    const configured = await Service.start({ ATOLL_REGISTRY_CONFIG: folder, LOG_LEVEL: 'trace' });
    try {
      expect((await configured.post('/v1/images/pull', { image })).status).toBe(200);
      await remove(image);
      await config('since-changed');
      expect((await configured.post('/v1/images/pull', { image })).status).toBe(403);
      // The request's own are used instead.
      expect((await configured.post('/v1/images/pull', { image, auth: RIGHT })).status).toBe(200);
      await remove(image);
      expect(configured.logs()).not.toMatch(new RegExp(`since-changed|${PASSWORD}`));
    } finally {
      await configured.stop();
    }
    await expect(Service.start({ ATOLL_REGISTRY_CONFIG: join(folder, 'nothing') })).rejects.toThrow(
      'ATOLL_REGISTRY_CONFIG',
    );
  });

  it('never see credentials in a log, an answer, or the data directory', async () => {
    const secret = 'a-secret-that-is-nowhere';
    const image = `${closed.host}/team/private:1`;
    const auth = { username: USER, password: secret };
    const refused = await pull(image, { auth });
    const streamed = await service.call('POST', '/v1/images/pull?stream=true', { image, auth });
    const invalid = await pull(image, { auth: { ...auth, pass: secret } });
    const wrongType = await pull(image, { auth: secret });
    expect([refused, streamed, invalid, wrongType].map(({ status }) => status)).toEqual([403, 403, 400, 400]);
    const encoded = Buffer.from(JSON.stringify(auth)).toString('base64').slice(0, 24);
    for (const text of [
      ...[refused, streamed, invalid, wrongType].map(({ body }) => JSON.stringify(body)),
      service.logs(),
      spawnSync('grep', ['-raE', `${secret}|${encoded}`, '.'], { cwd: service.dataDir }).stdout.toString(),
    ]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(encoded);
    }
  });

  it('tell what they lack, or are not there', async () => {
    await open.push('team/app', '1');
    const cases: [string, number, string][] = [
      [`${open.host}/team/app:nope`, 404, 'NOT_FOUND'],
      [`${open.host}/team/nope:1`, 404, 'NOT_FOUND'],
      [`${open.host}/team/app@sha256:${'0'.repeat(64)}`, 404, 'NOT_FOUND'],
      ['127.0.0.1:1/team/app:1', 502, 'BAD_GATEWAY'],
      ['registry.invalid/team/app:1', 502, 'BAD_GATEWAY'],
    ];
    for (const [image, status, code] of cases)
      for (const query of ['', '?stream=true'])
        expect(await service.post(`/v1/images/pull${query}`, { image })).toMatchObject({
          status,
          body: { code, message: expect.any(String), details: { registry: expect.any(String) } },
        });
    for (const request of [{}, { image: '' }, { image: 7 }, { image: 'a', tag: 'b' }, { image: 'a b' }])
      expect((await service.post('/v1/images/pull', request)).status).toBe(400);
  });

  it('that are none, or ill, are told as such, and no page of theirs is handed on', async () => {
    let status = 200;
    const server = createServer((_, response) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end('<html>a page of the inside</html>'),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const cases: [number, number[]][] = [
        [200, [502]],
        [400, [502]],
        [401, [403]],
        [403, [403]],
        // Engine 29 asks for no more than the status.
        [404, [404, 502]],
        [429, [429]],
        [500, [502]],
        [503, [502]],
      ];
      for (const [said, expected] of cases) {
        status = said;
        const image = `127.0.0.1:${(server.address() as AddressInfo).port}/team/app:1`;
        const answer = await pull(image);
        expect([said, expected.includes(answer.status), answer]).toEqual([said, true, answer]);
        expect(JSON.stringify(answer.body)).not.toContain('of the inside');
        expect((await service.get(`/v1/images/${image}`)).status).toBe(404);
        if (said === 429) expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      }
    } finally {
      server.close();
    }
  });

  it('have images for platforms', async () => {
    await open.push('team/here', '1');
    await open.push('team/there', '1', { architecture: OTHER });
    await open.push('team/armed', '1', { architecture: 'arm', variant: 'v7' });
    await open.pushList('team/list', '1', OTHER);
    const [here, there, list, armed] = ['here', 'there', 'list', 'armed'].map((name) => `${open.host}/team/${name}:1`);
    const [own, other] = [`linux/${OTHER === 'arm64' ? 'amd64' : 'arm64'}`, `linux/${OTHER}`];
    // The only one in the list is for another; and an image that is none of a list says so by itself.
    for (const [image, platform] of [
      [list, undefined],
      [list, own],
      [here, other],
      [here, 'windows'],
      [here, 'linux/nonsense'],
      [armed, 'linux/arm/v6'],
    ]) {
      const { status, body } = await pull(image!, { platform });
      expect([image, platform, status, body.code]).toEqual([image, platform, 400, 'BAD_REQUEST']);
      expect([image, (await service.get(`/v1/images/${image}`)).status]).toEqual([image, 404]);
    }
    for (const platform of ['linux/arm64/v8/x', 'a b', '', 7])
      expect((await pull(here, { platform })).status).toBe(400);
    for (const [image, platform] of [
      [list, other],
      [there, other],
      [here, own],
      [here, 'linux'],
    ]) {
      expect([image, (await pull(image, { platform })).status]).toEqual([image, 200]);
      expect((await service.get(`/v1/images/${image}`)).body.architecture).toBe(image === here ? own.slice(6) : OTHER);
    }
    expect((await pull(armed, { platform: 'linux/arm/v7' })).status).toBe(200);
    // What was there before is there again.
    const { id } = (await service.get(`/v1/images/${here}`)).body;
    await open.push('team/here', '1', { architecture: OTHER });
    expect((await pull(here, { platform: own })).status).toBe(400);
    expect((await service.get(`/v1/images/${here}`)).body.id).toBe(id);
    for (const image of [here, there, list, armed]) await remove(image);
  });

  it('give more than the disk holds', async () => {
    await open.push('team/large', '1', { layers: [randomBytes(12_000_000)] });
    const image = `${open.host}/team/large:1`;
    const full = fillingUp();
    // In the engine's own mount namespace, where this test runs too.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', full]);
    try {
      const plain = await pull(image);
      expect(plain).toMatchObject({ status: 507, body: { code: 'INSUFFICIENT_STORAGE' } });
      expect(JSON.stringify(plain.body)).not.toContain(full);
      const { body } = await service.post('/v1/images/pull?stream=true', { image });
      expect(body.at(-1)).toMatchObject({ type: 'error', code: 'INSUFFICIENT_STORAGE' });
    } finally {
      execFileSync('umount', [full]);
    }
    expect((await pull(image)).status).toBe(200);
    await remove(image);
  });

  it('speak TLS with a certificate of a CA that the engine knows', async () => {
    const address = hostAddress();
    const tls = await certificates(folder, address);
    const secure = await Registry.start({ tls, address });
    const image = `${secure.host}/team/app:1`;
    const certs = `/etc/docker/certs.d/${secure.host}`;
    try {
      await secure.push('team/app', '1');
      expect(await pull(image)).toMatchObject({
        status: 502,
        body: { code: 'BAD_GATEWAY', details: { registry: expect.stringContaining('certificate') } },
      });
      // Seen by this engine alone.
      await mkdir('/etc/docker', { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/etc/docker']);
      await mkdir(certs, { recursive: true });
      await writeFile(join(certs, 'ca.crt'), await readFile(join(folder, 'ca.crt')));
      expect(await pull(image)).toMatchObject({ status: 200 });
      await remove(image);
    } finally {
      execFileSync('umount', ['/etc/docker']);
      await secure.stop();
    }
  });

  it('are those that are allowed, to pull from and to make sandboxes of', async () => {
    await open.push('team/app', '1');
    const [allowed, forbidden] = [`${open.host}/team/app:1`, `${closed.host}/team/private:1`];
    const strict = await Service.start({ ATOLL_ALLOWED_IMAGES: `${open.host}/** atoll-test/busybox` });
    try {
      expect((await strict.post('/v1/images/pull', { image: allowed })).status).toBe(200);
      const refusal = {
        status: 403,
        body: { code: 'FORBIDDEN', message: expect.stringContaining('ATOLL_ALLOWED_IMAGES') },
      };
      for (const query of ['', '?stream=true'])
        expect(await strict.post(`/v1/images/pull${query}`, { image: forbidden, auth: RIGHT })).toMatchObject(refusal);
      const id = docker('inspect', '--format', '{{.Id}}', 'atoll-test/scratch:1');
      for (const image of ['atoll-test/scratch:1', id, id.slice(7, 20)])
        expect(await strict.post('/v1/sandboxes', { image })).toMatchObject(refusal);
      await strict.sandbox();
      await strict.sandbox({ image: docker('inspect', '--format', '{{.Id}}', 'atoll-test/busybox:1') });
    } finally {
      await strict.stop();
    }
    await remove(allowed);
  });
});

/** Where the engine puts what it downloads, or where it unpacks that with containerd's image store. */
function fillingUp(): string {
  const data = join(process.env.ATOLL_TEST_ENGINE_DIR!, 'data');
  const containerd = docker('info', '--format', '{{.DriverStatus}}').includes('io.containerd.snapshotter');
  return join(data, containerd ? 'containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots' : 'tmp');
}

/** One of this network namespace that is not loopback: engines need no TLS there. */
function hostAddress(): string {
  const lines = execFileSync('ip', ['-4', '-o', 'addr', 'show', 'docker0']).toString();
  return /inet ([\d.]+)/.exec(lines)![1];
}

/** A CA and a certificate for an address, by it. */
async function certificates(folder: string, address: string): Promise<{ certificate: string; key: string }> {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.crt');
  const named = ['-subj', '/CN=registry', '-addext', `subjectAltName=IP:${address}`];
  const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:false'];
  openssl('req', '-x509', ...key, ...named, ...by, '-keyout', 'tls.key', '-out', 'tls.crt');
  await rm(join(folder, 'ca.key'));
  return { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
}
