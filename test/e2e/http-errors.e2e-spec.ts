import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { API_KEY, eventually, Service } from './support/service.js';

/** One exchange on a bare socket: what no well-behaved client sends. */
function exchange(port: number, request: string): Promise<{ status: number; headers: string; body: unknown }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('error', reject);
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no end of the answer: ${text}`)));
    socket.on('close', () => {
      const [head, body] = text.split('\r\n\r\n', 2);
      resolve({ status: Number(head.split(' ')[1]), headers: head.toLowerCase(), body: JSON.parse(body || 'null') });
    });
  });
}

const AUTH = `Host: x\r\nAuthorization: Bearer ${API_KEY}\r\nConnection: close\r\n`;

describe('errors over HTTP', () => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service.stop());

  const raw = (request: string) => exchange(service.port, request);

  it.each([
    [
      'bad JSON',
      `POST /v1/sandboxes HTTP/1.1\r\n${AUTH}Content-Type: application/json\r\nContent-Length: 5\r\n\r\n{"a":`,
      400,
      'BAD_REQUEST',
    ],
    [
      'an empty body that says JSON',
      `POST /v1/sandboxes HTTP/1.1\r\n${AUTH}Content-Type: application/json\r\nContent-Length: 0\r\n\r\n`,
      400,
      'BAD_REQUEST',
    ],
    ['no body at all', `POST /v1/sandboxes HTTP/1.1\r\n${AUTH}\r\n`, 400, 'BAD_REQUEST'],
    [
      'a body that is no object',
      `POST /v1/sandboxes HTTP/1.1\r\n${AUTH}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n[]`,
      400,
      'BAD_REQUEST',
    ],
    [
      'a body that is null',
      `POST /v1/sandboxes HTTP/1.1\r\n${AUTH}Content-Type: application/json\r\nContent-Length: 4\r\n\r\nnull`,
      400,
      'BAD_REQUEST',
    ],
    [
      'another type of body',
      `POST /v1/sandboxes HTTP/1.1\r\n${AUTH}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi`,
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a form',
      `POST /v1/sandboxes HTTP/1.1\r\n${AUTH}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b`,
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a prototype in JSON',
      `POST /v1/sandboxes HTTP/1.1\r\n${AUTH}Content-Type: application/json\r\nContent-Length: 16\r\n\r\n{"__proto__":{}}`,
      400,
      'BAD_REQUEST',
    ],
    ['a bad percent escape', `GET /v1/sandboxes/%zz HTTP/1.1\r\n${AUTH}\r\n`, 400, 'BAD_REQUEST'],
    ['a bad percent escape in an image', `GET /v1/images/%zz HTTP/1.1\r\n${AUTH}\r\n`, 400, 'BAD_REQUEST'],
    [
      'headers that are too large',
      `GET /v1/sandboxes HTTP/1.1\r\n${AUTH}X-Big: ${'x'.repeat(70_000)}\r\n\r\n`,
      400,
      'BAD_REQUEST',
    ],
    ['a missing Host', `GET /v1/sandboxes HTTP/1.1\r\n${AUTH.replace(/^Host.*\r\n/, '')}\r\n`, 400, 'BAD_REQUEST'],
    ['an unknown Expect', `GET /v1/sandboxes HTTP/1.1\r\n${AUTH}Expect: wonders\r\n\r\n`, 400, 'BAD_REQUEST'],
    ['what is not HTTP', 'hello there\r\n\r\n', 400, 'BAD_REQUEST'],
    [
      'two lengths',
      `POST /v1/sandboxes HTTP/1.1\r\n${AUTH}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
      400,
      'BAD_REQUEST',
    ],
    ['an unknown route', `GET /v1/nothing HTTP/1.1\r\n${AUTH}\r\n`, 404, 'NOT_FOUND'],
    [
      'an unknown route without a key',
      'GET /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      404,
      'NOT_FOUND',
    ],
    ['another method on a known path', `PATCH /v1/sandboxes HTTP/1.1\r\n${AUTH}\r\n`, 404, 'NOT_FOUND'],
    [
      'another method without a key',
      'DELETE /v1/sandboxes HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      404,
      'NOT_FOUND',
    ],
  ])('answers %s in the one shape', async (_what, request, status, code) => {
    const answer = await raw(request);
    expect(answer).toMatchObject({ status, body: { code, message: expect.any(String) } });
    expect(Object.keys(answer.body as object).sort()).toEqual(expect.arrayContaining(['code', 'message']));
    expect(answer.headers).toMatch(/content-type: application\/json/);
    expect(answer.headers).toMatch(/x-request-id: \S+/);
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.js:|at \w+ \(/);
  });

  it('refuses a body past its limit with 413', async () => {
    const small = await Service.start({ ATOLL_MAX_JSON_BODY: '2048' });
    try {
      const answer = await small.post('/v1/sandboxes', { image: 'x'.repeat(4096) });
      expect(answer).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
    } finally {
      await small.stop();
    }
  });

  it.each([
    [{}, 'image'],
    [{ image: '' }, 'image'],
    [{ image: 5 }, 'image'],
    [{ image: 'atoll-test/busybox:1', surprise: 1 }, 'surprise'],
    [{ image: 'atoll-test/busybox:1', timeout: -1 }, 'timeout'],
    [{ image: 'atoll-test/busybox:1', timeout: 1.5 }, 'timeout'],
    [{ image: 'atoll-test/busybox:1', timeout: '60' }, 'timeout'],
    [{ image: 'atoll-test/busybox:1', timeout: 1e12 }, 'timeout'],
    [{ image: 'atoll-test/busybox:1', ports: '3000' }, 'ports'],
    [{ image: 'atoll-test/busybox:1', ports: ['0'] }, 'ports'],
    [{ image: 'atoll-test/busybox:1', ports: ['65536'] }, 'ports'],
    [{ image: 'atoll-test/busybox:1', ports: ['80/sctp'] }, 'ports'],
    [{ image: 'atoll-test/busybox:1', ports: ['80', '80/tcp'] }, 'ports'],
    [{ image: 'atoll-test/busybox:1', resources: { memory: 8193 } }, 'memory'],
    [{ image: 'atoll-test/busybox:1', resources: { memory: 0 } }, 'memory'],
    [{ image: 'atoll-test/busybox:1', resources: { cpus: 5 } }, 'cpus'],
    [{ image: 'atoll-test/busybox:1', resources: { cpus: 0 } }, 'cpus'],
    [{ image: 'atoll-test/busybox:1', resources: { disk: 1 } }, 'disk'],
    [{ image: 'atoll-test/busybox:1', resources: 'big' }, 'resources'],
    [{ image: 'atoll-test/busybox:1', env: ['NOEQUALS'] }, 'env'],
    [{ image: 'atoll-test/busybox:1', env: ['=x'] }, 'env'],
    [{ image: 'atoll-test/busybox:1', env: { A: 1 } }, 'env'],
    [{ image: 'atoll-test/busybox:1', env: 'A=b' }, 'env'],
    [{ image: 'no/such:image' }, 'image'],
  ])('answers the bad create %j with 400 that names %s, and makes nothing', async (request, field) => {
    const answer = await service.post('/v1/sandboxes', request);
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'BAD_REQUEST', message: expect.stringContaining(field) },
    });
    expect((await service.get('/v1/sandboxes')).body).toEqual({ sandboxes: [] });
  });

  it.each([
    [{ ports: null }, 400, 'ports'],
    [{ env: null }, 400, 'env'],
    [{ resources: [] }, 400, 'resources'],
    [{ resources: { memory: null } }, 400, 'resources.memory'],
    [{ env: { A: '\ud800' } }, 400, 'env.A'],
    [{ env: Object.fromEntries(Array.from({ length: 30_000 }, (_, n) => [`V${n}`, ''])) }, 413, 'members'],
  ])('refuses what validators would let pass or choke on', async (more, status, word) => {
    const answer = await service.post('/v1/sandboxes', { image: 'atoll-test/busybox:1', ...more });
    expect(answer).toMatchObject({ status, body: { message: expect.stringContaining(word) } });
  });

  it('looks at the key before it reads a body', async () => {
    const request = (body: string) =>
      `POST /v1/sandboxes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 50000000\r\n\r\n${body}`;
    expect(await raw(request('{'))).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
  });

  it('says how to pull an image that is not there', async () => {
    const { body } = await service.post('/v1/sandboxes', { image: 'registry.example:5000/team/app:1.2' });
    expect(body.message).toContain('docker pull registry.example:5000/team/app:1.2');
  });

  it('gives every answer a request id: the caller’s if it is sane', async () => {
    const given = await service.call('GET', '/v1/sandboxes', undefined, { 'x-request-id': 'caller-42' });
    expect(given.headers.get('x-request-id')).toBe('caller-42');
    for (const odd of ['with space', 'x'.repeat(200)]) {
      const answer = await service.call('GET', '/v1/sandboxes', undefined, { 'x-request-id': odd });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
    const failed = await service.call('GET', '/v1/sandboxes/x', undefined, { 'x-request-id': 'caller-43' });
    expect(failed).toMatchObject({ status: 404 });
    expect(failed.headers.get('x-request-id')).toBe('caller-43');
  });

  it('looks whether clients are still there, however long nothing is said', async () => {
    const socket = connect(service.port, '127.0.0.1');
    await once(socket, 'connect');
    // proc(5): local address, remote address, state 1 (established), queues, timer: 2 is the one of keepalive
    const port = service.port.toString(16).padStart(4, '0').toUpperCase();
    const own = new RegExp(`^ *\\d+: 0100007F:${port} \\S+ 01 \\S+ (\\d\\d):`, 'm');
    const timer = async () => own.exec(await readFile('/proc/net/tcp', 'utf8'))?.[1];
    await eventually(timer, (one) => one === '02');
    socket.destroy();
  });

  it('never writes the key or a body to its log', () => {
    expect(service.logs()).not.toContain(API_KEY);
    expect(service.logs()).toContain('/v1/sandboxes');
  });
});

describe('an engine that is down', () => {
  it('is a 503 with Retry-After, and makes health unhealthy', async () => {
    const down = await Service.startUnhealthy({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
    try {
      const health = await down.get('/v1/health');
      expect(health).toMatchObject({ status: 503, body: { status: 'unhealthy', error: expect.any(String) } });
      expect(await down.get('/v1/health/ready')).toMatchObject({ status: 503, body: health.body });
      expect(await down.get('/v1/health/live')).toMatchObject({ status: 200, body: { status: 'healthy' } });
      const begun = Date.now();
      const create = await down.post('/v1/sandboxes', { image: 'atoll-test/busybox:1' });
      expect(create).toMatchObject({ status: 503, body: { code: 'ENGINE_UNAVAILABLE' } });
      expect(create.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(Date.now() - begun).toBeLessThan(10_000);
      expect(JSON.stringify(create.body)).not.toContain('nonexistent');
      expect(await down.get('/v1/images')).toMatchObject({ status: 503 });
    } finally {
      await down.kill();
    }
  });
});
