import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from './support/docker.js';
import { Registry } from './support/registry.js';
import { RegistryProxy } from './support/registry-proxy.js';
import { eventually, Service } from './support/service.js';

const MB = 1_000_000;
const LAYER_MB = Number(process.env.ATOLL_TEST_LAYER_MB ?? 50);

/** Pulls from a real registry on loopback. */
describe('pull', () => {
  let service: Service;
  let registry: Registry;
  let proxy: RegistryProxy;

  const pull = (image: string, more: object = {}) => service.post('/v1/images/pull', { image, ...more });
  /** Waits until images of so many repositories are being fetched. */
  const underWay = (repositories: number) =>
    eventually(
      async () => new Set(proxy.open).size,
      (size) => size === repositories,
    );
  const remove = (image: string) => service.delete(`/v1/images/${image}?force=true`);

  beforeAll(async () => {
    [service, registry] = await Promise.all([Service.start({ ATOLL_MAX_PULLS: '2' }), Registry.start()]);
    proxy = await RegistryProxy.start(registry);
  });
  afterEach(() => (proxy.bytesPerSecond = Infinity));
  afterAll(async () => {
    await Promise.all([service.stop(), registry.stop(), proxy.stop()]);
  });

  it('gets an image by tag and by digest, and removes it', async () => {
    const { digest } = await registry.push('team/app', '1');
    for (const image of [`${registry.host}/team/app:1`, `${registry.host}/team/app@${digest}`]) {
      expect((await service.get(`/v1/images/${image}`)).status).toBe(404);
      expect(await pull(image)).toMatchObject({ status: 200, body: { status: 'pulled', image } });
      expect((await pull(image)).status).toBe(200);
      expect((await service.get(`/v1/images/${image}`)).status).toBe(200);
      expect((await service.delete(`/v1/images/${encodeURIComponent(image)}`)).status).toBe(204);
      expect((await service.delete(`/v1/images/${image}`)).status).toBe(404);
    }
    // No tag is one tag, not all of them.
    await registry.push('team/app', 'latest');
    await pull(`${registry.host}/team/app`);
    expect(docker('images', '-q', `${registry.host}/team/app`).split('\n')).toHaveLength(1);
    expect((await remove(`${registry.host}/team/app`)).status).toBe(204);
  });

  it('keeps what a sandbox was made of when it is removed by its digest, too', async () => {
    const { digest } = await registry.push('team/kept', '1');
    const repository = `${registry.host}/team/kept`;
    await pull(`${repository}:1`);
    docker('tag', `${repository}:1`, 'atoll-test/kept:1');
    const sandbox = await service.sandbox({ image: `${repository}:1` });
    await service.post(`${sandbox.path}/stop`);
    for (const name of [`${repository}@${digest}`, `${repository}:1@${digest}`])
      for (const query of ['', '?force=true'])
        expect(await service.delete(`/v1/images/${name}${query}`)).toMatchObject({
          status: 409,
          body: { message: expect.stringContaining(sandbox.id) },
        });
    expect((await service.get(`/v1/images/${repository}:1`)).body.tags).toHaveLength(2);
    await service.delete(sandbox.path);
    docker('rmi', 'atoll-test/kept:1');
    expect((await service.delete(`/v1/images/${repository}@${digest}?force=true`)).status).toBe(204);
    expect((await service.get(`/v1/images/${repository}@${digest}`)).status).toBe(404);
    // Some engines leave the tag.
    expect([204, 404]).toContain((await service.delete(`/v1/images/${repository}:1`)).status);
  });

  it('tells how far it is, layer by layer', async () => {
    await registry.push('team/big', '1', { layers: [randomBytes(LAYER_MB * MB), randomBytes(5 * MB)] });
    proxy.bytesPerSecond = 100 * MB;
    const image = `${proxy.host}/team/big:1`;
    const { status, headers, body } = await service.call('POST', '/v1/images/pull', { image }, NDJSON);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const lines = body as Line[];
    expect(lines.at(-1)).toEqual({ type: 'pulled', status: 'pulled', image, percent: 100 });
    const layers = lines.slice(0, -1);
    for (const line of layers)
      expect(line).toMatchObject({ type: 'layer', layer: expect.stringMatching(/^[0-9a-f]{12}$/) });
    expect(new Set(layers.map(({ layer }) => layer)).size).toBe(2);
    const percents = lines.map(({ percent }) => percent!);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(new Set(percents).size).toBeGreaterThan(5);
    const big = layers.filter(({ status, total }) => status === 'downloading' && total! >= LAYER_MB * MB);
    expect(new Set(big.map(({ bytes }) => bytes)).size).toBeGreaterThan(3);
    expect(new Set(layers.map(({ status }) => status))).toEqual(
      new Set(['waiting', 'downloading', 'downloaded', 'extracting', 'complete']),
    );
    await remove(image);
  });

  it('joins pulls of one image, and goes on while one still waits', async () => {
    await registry.push('team/joined', '1', { layers: [randomBytes(6 * MB)] });
    proxy.bytesPerSecond = 4 * MB;
    const image = `${proxy.host}/team/joined:1`;
    const before = proxy.requests.length;
    const leaving = new AbortController();
    const first = fetch(`${service.url}/v1/images/pull`, {
      ...{ method: 'POST', headers: service.headers, signal: leaving.signal },
      body: JSON.stringify({ image }),
    }).catch((error: Error) => error.name);
    const others = [pull(image), service.call('POST', '/v1/images/pull?stream=true', { image })];
    await eventually(
      async () => proxy.requests.length,
      (count) => count > before,
    );
    await sleep(500);
    leaving.abort();
    expect(await first).toBe('AbortError');
    const [plain, streamed] = await Promise.all(others);
    expect(plain).toMatchObject({ status: 200, body: { status: 'pulled', image } });
    expect((streamed.body as Line[]).at(-1)).toMatchObject({ type: 'pulled' });
    const asked = proxy.requests.slice(before).filter((one) => /\/(blobs|manifests)\//.test(one));
    expect(new Set(asked).size).toBe(asked.length);
    await remove(image);
  });

  it('stops when the last one has gone, streaming or not', async () => {
    await registry.push('team/left', '1', { layers: [randomBytes(20 * MB)] });
    proxy.bytesPerSecond = 1 * MB;
    const image = `${proxy.host}/team/left:1`;
    for (const query of ['', '?stream=true']) {
      const leaving = new AbortController();
      const gone = fetch(`${service.url}/v1/images/pull${query}`, {
        ...{ method: 'POST', headers: service.headers, signal: leaving.signal },
        body: JSON.stringify({ image }),
      })
        .then((response) => response.text())
        .catch((error: Error) => error.name);
      await underWay(1);
      await sleep(300);
      leaving.abort();
      expect(await gone).toBe('AbortError');
      await underWay(0);
    }
    expect((await service.get(`/v1/images/${image}`)).status).toBe(404);
  });

  it('pulls so many at once, the others in line, each within its deadline', async () => {
    const impatient = await Service.start({ ATOLL_MAX_PULLS: '2', ATOLL_PULL_TIMEOUT: '4000' });
    try {
      for (const name of ['a', 'b', 'c', 'd'])
        await registry.push(`line/${name}`, '1', { layers: [randomBytes(name < 'c' ? 20 * MB : 1000)] });
      proxy.bytesPerSecond = 1 * MB;
      let most = 0;
      const begun = Date.now();
      // Until shortly before the first ones' deadline: the engine closes what it gave up only after that.
      const watch = setInterval(() => {
        if (Date.now() - begun < 3500) most = Math.max(most, new Set(proxy.open).size);
      }, 20);
      const slow = ['a', 'b'].map((name) =>
        impatient.post('/v1/images/pull', { image: `${proxy.host}/line/${name}:1` }),
      );
      await underWay(2);
      await sleep(2000); // it has as long again when its turn comes
      const waiting = impatient.post('/v1/images/pull', { image: `${proxy.host}/line/c:1` });
      const answers = await Promise.all(slow);
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
        [408, 'TIMEOUT'],
        [408, 'TIMEOUT'],
      ]);
      expect(Date.now() - begun).toBeLessThan(15_000);
      expect((await waiting).status).toBe(200);
      clearInterval(watch);
      expect(most).toBe(2);
      await remove(`${proxy.host}/line/c:1`);
    } finally {
      await impatient.stop();
    }
  });

  it(
    'survives a registry that is away for a moment, and tells of one that stays away',
    { timeout: 90_000 },
    async () => {
      await registry.push('team/broken', '1', { layers: [randomBytes(4 * MB)] });
      proxy.bytesPerSecond = 1 * MB;
      const image = `${proxy.host}/team/broken:1`;
      const before = proxy.blobs;
      const answer = service.call('POST', '/v1/images/pull', { image }, NDJSON);
      await underWay(1);
      await sleep(500);
      await registry.kill();
      await proxy.cut();
      proxy.bytesPerSecond = Infinity;
      await registry.boot();
      const lines = (await answer).body as Line[];
      expect(lines.at(-1)).toMatchObject({ type: 'pulled' });
      // A layer and a config; what was broken off was asked for again.
      expect(proxy.blobs - before).toBeGreaterThan(2);
      await remove(image);

      proxy.bytesPerSecond = 1 * MB;
      const again = service.call('POST', '/v1/images/pull', { image }, NDJSON);
      const plain = pull(image);
      await underWay(1);
      await sleep(500);
      await registry.kill();
      await proxy.cut();
      try {
        const { status, body } = await again;
        expect([status, body.at(-1)]).toEqual([
          200,
          {
            type: 'error',
            code: 'BAD_GATEWAY',
            message: expect.stringContaining(proxy.host),
            details: expect.anything(),
          },
        ]);
        expect(await plain).toMatchObject({ status: 502, body: { code: 'BAD_GATEWAY' } });
      } finally {
        await registry.boot();
      }
    },
  );
});

const NDJSON = { accept: 'application/x-ndjson' };

interface Line {
  type: string;
  layer?: string;
  status?: string;
  bytes?: number;
  total?: number;
  percent?: number;
}
