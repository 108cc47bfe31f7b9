import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { docker } from './support/docker.js';
import { IMAGE, Service } from './support/service.js';

const HEX = '0'.repeat(64);

/** Every form of the grammar; none of them is on the engine. */
const FORMS = [
  'no-such',
  'no-such:1',
  'team/app',
  'registry.example/app',
  'registry.example:5000/a/b/c:1.2-x_Y',
  'localhost/app:1',
  '127.0.0.1:5000/a__b/c.d/e--f:v1',
  `app@sha256:${HEX}`,
  `registry.example:5000/a/b@sha256:${HEX}`,
  `registry.example:5000/a/b:1@sha256:${HEX}`,
  `app@sha512:${HEX}${HEX}`,
  '[2001:db8::1]:5000/app:1',
  `registry.example/${Array.from({ length: 50 }, () => 'abcd').join('/')}:${'t'.repeat(128)}@sha256:${HEX}`,
  HEX,
  `sha256:${HEX}`,
  HEX.slice(0, 12),
];

const HOSTILE = [
  '../info',
  '../../containers/json',
  'a/../b',
  'a/./b',
  'a//b',
  'a/',
  '\0',
  'a\0b',
  'a b',
  ' ',
  'a?b',
  'a#b',
  'a%b',
  'a\\b',
  'a\r\nb',
  'ä',
  'UPPER/case',
  'registry.example/Team/app',
  'a'.repeat(256),
  `a:${'t'.repeat(129)}`,
  'a:',
  'a@sha256:0',
  `a@sha256:${HEX}x`,
  'http://registry.example/a',
];

describe('images', () => {
  let service: Service;
  const made: string[] = [];

  /** A name for the image that is there. */
  const tag = (name: string) => {
    docker('tag', IMAGE, name);
    made.push(name);
    return name;
  };

  let tar: string;

  beforeAll(async () => {
    service = await Service.start();
    tar = join(service.dataDir, 'empty.tar');
    await writeFile(tar, Buffer.alloc(1024));
  });
  afterAll(async () => {
    await service.stop();
    if (made.length > 0) docker('rmi', '-f', ...new Set(made));
  });

  it('lists and inspects by every form of a reference, raw and encoded', async () => {
    const { body } = await service.get('/v1/images');
    const busybox = (body.images as { id: string; tags: string[]; size: number }[]).find(({ tags }) =>
      tags.includes('atoll-test/busybox:1'),
    );
    expect(busybox).toEqual({
      id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      tags: expect.any(Array),
      size: expect.any(Number),
    });
    const id = busybox!.id;
    for (const form of ['atoll-test/busybox:1', 'docker.io/atoll-test/busybox:1', id, id.slice(7), id.slice(7, 19)]) {
      for (const path of [form, encodeURIComponent(form), form.replace('/', '%2f')]) {
        const answer = await service.get(`/v1/images/${path}`);
        expect([path, answer.status]).toEqual([path, 200]);
        expect(answer.body).toEqual({
          ...busybox,
          created: expect.any(String),
          architecture: expect.stringMatching(/amd64|arm64/),
          os: 'linux',
        });
      }
    }
  });

  it('takes every form of a reference, raw and encoded, to inspect and to remove', async () => {
    for (const form of FORMS) {
      for (const path of [form, encodeURIComponent(form)]) {
        for (const method of ['GET', 'DELETE']) {
          const { status, body } = await service.call(method, `/v1/images/${path}`);
          expect([method, path, status, body.code]).toEqual([method, path, 404, 'NOT_FOUND']);
          expect(body.message).toContain(form);
        }
      }
    }
  });

  it('refuses what is no reference', async () => {
    for (const form of HOSTILE) {
      for (const method of ['GET', 'DELETE']) {
        const { status, body } = await service.call(method, `/v1/images/${encodeURIComponent(form)}`);
        expect([method, form, status, body.code]).toEqual([method, form, 400, 'BAD_REQUEST']);
      }
      const { status } = await service.post('/v1/images/pull', { image: form });
      expect([form, status]).toEqual([form, 400]);
    }
    // A client that does not tidy up its paths.
    for (const path of ['..', '%2e%2e', '../info', 'a/../../containers/json', './x', '%2e%2e/info', 'a//b']) {
      const socket = connect(service.port, '127.0.0.1');
      socket.end(
        `GET /v1/images/${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${service.headers.authorization}\r\nConnection: close\r\n\r\n`,
      );
      expect([path, (await text(socket)).slice(9, 12)]).toEqual([path, '400']);
    }
  });

  it('finds a name without a tag as latest, untagged images, and says so when a short id is of several', async () => {
    tag('atoll-test/latest-only:latest');
    expect((await service.get('/v1/images/atoll-test/latest-only')).status).toBe(200);
    const ids = Array.from({ length: 17 }, (_, count) => importTiny(String(count)));
    made.push(...ids);
    const listed = (await service.get('/v1/images')).body.images as { id: string; tags: string[] }[];
    for (const id of ids) expect(listed.find((one) => one.id === id)?.tags).toEqual([]);
    // Of 17 ids two begin with the same digit.
    const digits = ids.map((id) => id.slice(7, 8));
    const twice = digits.find((digit, at) => digits.indexOf(digit) !== at)!;
    for (const name of [twice, `sha256:${twice}`]) {
      expect(await service.get(`/v1/images/${name}`)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
      expect((await service.delete(`/v1/images/${name}`)).status).toBe(409);
    }
    expect((await service.delete(`/v1/images/${ids[0].slice(7, 27)}`)).status).toBe(204);
    expect((await service.get(`/v1/images/${ids[0]}`)).status).toBe(404);
  });

  it('takes off one of several tags, and removes by id only with force', async () => {
    const id = importTiny('tagged');
    for (const name of ['a', 'b', 'c']) docker('tag', id, `atoll-test/tagged:${name}`);
    made.push(id);
    expect((await service.delete('/v1/images/atoll-test/tagged:a')).status).toBe(204);
    expect((await service.get(`/v1/images/${id}`)).body.tags.sort()).toEqual([
      'atoll-test/tagged:b',
      'atoll-test/tagged:c',
    ]);
    const refused = await service.delete(`/v1/images/${id}`);
    expect(refused).toMatchObject({ status: 409, body: { message: expect.stringContaining('force=true') } });
    expect((await service.delete(`/v1/images/${id}?force=true`)).status).toBe(204);
    expect((await service.get('/v1/images/atoll-test/tagged:b')).status).toBe(404);
    for (const query of ['force=yes', 'forced=true'])
      expect((await service.delete(`/v1/images/${id}?${query}`)).status).toBe(400);
  });

  it('keeps what a sandbox uses, forced or not, running or stopped, and says which', async () => {
    const id = copyOfBusybox('used');
    const sandbox = await service.sandbox({ image: 'atoll-test/used:1' });
    docker('tag', id, 'atoll-test/used:2');
    const refuses = async (name: string) => {
      for (const query of ['', '?force=false', '?force=true']) {
        expect(await service.delete(`/v1/images/${name}${query}`)).toMatchObject({
          status: 409,
          body: { code: 'CONFLICT', message: expect.stringContaining(sandbox.id) },
        });
      }
    };
    await refuses('atoll-test/used:1');
    await refuses('docker.io/atoll-test/used:1');
    await refuses(id);
    // Another tag of it is nothing that the sandbox needs; the last one is.
    expect((await service.delete('/v1/images/atoll-test/used:2')).status).toBe(204);
    await service.post(`${sandbox.path}/stop`);
    await refuses('atoll-test/used:1');
    await service.delete(sandbox.path);
    expect((await service.delete('/v1/images/atoll-test/used:1')).status).toBe(204);
    expect((await service.get(`/v1/images/${id}`)).status).toBe(404);
  });

  it('removes what other software uses only with force', async () => {
    const id = copyOfBusybox('foreign');
    const container = docker('create', 'atoll-test/foreign:1');
    try {
      for (const name of ['atoll-test/foreign:1', id])
        expect(await service.delete(`/v1/images/${name}`)).toMatchObject({
          status: 409,
          body: { message: expect.stringMatching(/other software.*force=true/) },
        });
      expect((await service.delete('/v1/images/atoll-test/foreign:1?force=true')).status).toBe(204);
    } finally {
      docker('rm', '-f', container);
    }
  });

  it('removed while sandboxes are created: each is there whole, or cleanly not', async () => {
    for (let round = 0; round < 4; round++) {
      copyOfBusybox('raced');
      const creates = Array.from({ length: 3 }, () => service.post('/v1/sandboxes', { image: 'atoll-test/raced:1' }));
      await new Promise((done) => setTimeout(done, round * 40));
      const removed = await service.delete('/v1/images/atoll-test/raced:1?force=true');
      expect([204, 409]).toContain(removed.status);
      for (const { status, body } of await Promise.all(creates)) {
        if (status === 201) {
          const ran = await service.post(`/v1/sandboxes/${body.id}/cmd?wait=true`, { command: 'true' });
          expect(ran.body.at(-1).command.exit_code).toBe(0);
          await service.delete(`/v1/sandboxes/${body.id}`);
        } else expect([status, body.code]).toEqual([400, 'BAD_REQUEST']);
      }
      expect((await service.get('/v1/sandboxes')).body.sandboxes).toEqual([]);
      await service.delete('/v1/images/atoll-test/raced:1');
    }
  });

  /** An untagged image of its own. Returns its id. */
  function importTiny(content: string): string {
    return docker('import', '--change', `LABEL test=${content}-${Date.now()}`, tar);
  }

  /** An image that runs, of its own, as `atoll-test/NAME:1`. Returns its id. */
  function copyOfBusybox(name: string): string {
    const container = docker('create', '--label', `x=${Date.now()}`, IMAGE);
    try {
      made.push(`atoll-test/${name}:1`);
      return docker('commit', '--message', String(Date.now()), container, `atoll-test/${name}:1`);
    } finally {
      docker('rm', container);
    }
  }
});
