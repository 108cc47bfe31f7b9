import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from './support/registry.js';
import { RegistryProxy } from './support/registry-proxy.js';
import { eventually, Service } from './support/service.js';

/** `pull` on create. */
describe('create with a pull', () => {
  let service: Service;
  let registry: Registry;
  let proxy: RegistryProxy;
  let image: string;

  const create = (more: object, query = '') => service.post(`/v1/sandboxes${query}`, { image, ...more });
  const idOf = async (name: string) => (await service.get(`/v1/images/${name}`)).body.id as string;

  beforeAll(async () => {
    [service, registry] = await Promise.all([Service.start(), Registry.start()]);
    proxy = await RegistryProxy.start(registry);
    image = `${proxy.host}/team/app:1`;
    await registry.push('team/app', '1', { layers: [randomBytes(100_000)] });
  });
  afterAll(async () => {
    await service.stop();
    await Promise.all([registry.stop(), proxy.stop()]);
  });

  it('never pulls unless it is asked to', async () => {
    for (const more of [{}, { pull: 'never' }])
      expect(await create(more)).toMatchObject({
        status: 400,
        body: { code: 'BAD_REQUEST', message: expect.stringContaining('"pull":"missing"') },
      });
    for (const pull of ['sometimes', true, '']) expect((await create({ pull })).status).toBe(400);
    expect(proxy.requests).toEqual([]);
    expect(await create({ image: '0'.repeat(64), pull: 'missing' })).toMatchObject({ status: 400 });
    // Nothing is pulled for what can't be made.
    expect(await create({ pull: 'always', ports: ['0'] })).toMatchObject({ status: 400 });
    expect(proxy.requests).toEqual([]);
  });

  it('pulls what is missing once, and always when asked to', async () => {
    const created = await create({ pull: 'missing' });
    expect(created).toMatchObject({ status: 201, body: { id: expect.any(String), ports: [] } });
    const asked = proxy.requests.length;
    expect(asked).toBeGreaterThan(0);
    expect((await create({ pull: 'missing' })).status).toBe(201);
    expect(proxy.requests.length).toBe(asked);
    const before = await idOf(image);
    await registry.push('team/app', '1', { layers: [randomBytes(100_000)] });
    expect((await create({ pull: 'always' })).status).toBe(201);
    expect(await idOf(image)).not.toBe(before);
    expect(await create({ image: before, pull: 'always' })).toMatchObject({ status: 400 });
    expect((await create({ image: before, pull: 'missing' })).status).toBe(201);
  });

  it('says what the registry said, and leaves nothing', async () => {
    const count = async () => (await service.get('/v1/sandboxes')).body.sandboxes.length as number;
    const before = await count();
    for (const query of ['', '?stream=true']) {
      const missing = `${proxy.host}/team/none:1`;
      expect(await create({ image: missing, pull: 'missing' }, query)).toMatchObject({ status: 404 });
      expect(await create({ image: '127.0.0.1:1/a:1', pull: 'always' }, query)).toMatchObject({ status: 502 });
      expect(await create({ image: missing }, query)).toMatchObject({ status: 400 });
    }
    expect(await count()).toBe(before);
  });

  it('tells the progress, then the sandbox', async () => {
    await registry.push('team/second', '1', { layers: [randomBytes(3_000_000)] });
    const second = `${proxy.host}/team/second:1`;
    for (const pulled of [true, false]) {
      const answer = await create({ image: second, pull: 'missing' }, '?stream=true');
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
      const types = new Set((answer.body as { type: string }[]).map(({ type }) => type));
      expect([...types]).toEqual(pulled ? ['layer', 'pulled', 'created'] : ['created']);
      const { type: _, ...created } = answer.body.at(-1);
      expect(created).toEqual({ id: expect.any(String), name: expect.any(String), ports: [] });
      expect((await service.get(`/v1/sandboxes/${created.id}`)).body.status).toBe('running');
    }
    const byHeader = await service.call('POST', '/v1/sandboxes', { image: second }, { accept: 'application/x-ndjson' });
    expect(byHeader.body.at(-1)).toMatchObject({ type: 'created' });
  });

  it('with an Idempotency-Key makes one, and asks the registry once', async () => {
    const key = { 'Idempotency-Key': 'pulled' };
    const body = { image, pull: 'always' };
    const first = await service.call('POST', '/v1/sandboxes', body, key);
    expect(first.status).toBe(201);
    const asked = proxy.requests.length;
    const second = await service.call('POST', '/v1/sandboxes?stream=true', body, key);
    expect(second.body).toEqual([{ type: 'created', ...first.body }]);
    expect((await service.call('POST', '/v1/sandboxes', body, key)).body).toEqual(first.body);
    expect(proxy.requests.length).toBe(asked);
    const other = await service.call('POST', '/v1/sandboxes?stream=true', { ...body, timeout: 60 }, key);
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(proxy.requests.length).toBe(asked);
  });

  it('stops pulling for a client that has gone', async () => {
    await registry.push('team/slow', '1', { layers: [randomBytes(10_000_000)] });
    proxy.bytesPerSecond = 500_000;
    const before = (await service.get('/v1/sandboxes')).body.sandboxes.length as number;
    for (const query of ['', '?stream=true']) {
      const leaving = new AbortController();
      const gone = fetch(`${service.url}/v1/sandboxes${query}`, {
        ...{ method: 'POST', headers: service.headers, signal: leaving.signal },
        body: JSON.stringify({ image: `${proxy.host}/team/slow:1`, pull: 'missing' }),
      })
        .then((response) => response.text())
        .catch((error: Error) => error.name);
      await eventually(
        async () => proxy.open.length,
        (open) => open > 0,
      );
      await sleep(300);
      leaving.abort();
      expect(await gone).toBe('AbortError');
      await eventually(
        async () => proxy.open.length,
        (open) => open === 0,
      );
    }
    expect((await service.get('/v1/sandboxes')).body.sandboxes).toHaveLength(before);
  });
});
