import { randomBytes } from 'node:crypto';
import { docker } from './support/docker.js';
import { Registry } from './support/registry.js';
import { eventually, IMAGE, Service } from './support/service.js';

/** Images that nobody uses go by themselves, where that is wanted. */
describe('image upkeep', () => {
  let registry: Registry;
  let service: Service | undefined;

  const pull = (name: string) => service!.post('/v1/images/pull', { image: `${registry.host}/${name}:1` });
  const isThere = async (name: string) => (await service!.get(`/v1/images/${registry.host}/${name}:1`)).status === 200;
  const gone = (name: string) =>
    eventually(
      () => isThere(name),
      (there) => !there,
      15_000,
    );

  beforeAll(async () => {
    registry = await Registry.start();
    for (const name of ['used', 'idle', 'theirs', 'foreign'])
      await registry.push(name, '1', { layers: [randomBytes(3_000_000)] });
  });
  afterEach(() => service?.stop());
  afterAll(() => registry.stop());

  it('by age: only what was pulled here, and nobody uses', async () => {
    docker('pull', '-q', `${registry.host}/theirs:1`);
    service = await Service.start();
    for (const name of ['used', 'idle', 'foreign', 'theirs']) expect((await pull(name)).status).toBe(200);
    const sandbox = await service.sandbox({ image: `${registry.host}/used:1` });
    await service.post(`${sandbox.path}/stop`);
    const container = docker('create', `${registry.host}/foreign:1`, 'x');
    await again({ ATOLL_IMAGE_MAX_AGE: '1' });
    await gone('idle');
    // All of them are older than that by now.
    for (const name of ['used', 'foreign', 'theirs']) expect([name, await isThere(name)]).toEqual([name, true]);
    expect((await service.get(`/v1/images/${IMAGE}`)).status).toBe(200);
    await service.delete(sandbox.path);
    docker('rm', container);
    await Promise.all([gone('used'), gone('foreign')]);
    expect(await isThere('theirs')).toBe(true);
    docker('rmi', `${registry.host}/theirs:1`);
  });

  it('by size: what was not used for longest, and no more than needed', async () => {
    service = await Service.start();
    for (const name of ['used', 'idle', 'foreign']) expect((await pull(name)).status).toBe(200);
    expect((await service.sandbox({ image: `${registry.host}/used:1` })).id).toMatch(/^sb_/);
    // 3 MB each, or twice that where an engine keeps its layers packed as well.
    const { size } = (await service.get(`/v1/images/${registry.host}/idle:1`)).body as { size: number };
    await again({ ATOLL_IMAGES_MAX_SIZE: String(Math.ceil((2 * size) / 1_048_576)) });
    await gone('idle');
    for (const name of ['used', 'foreign']) expect([name, await isThere(name)]).toEqual([name, true]);
    docker('rmi', `${registry.host}/foreign:1`);
  });

  /** The same service with upkeep: however long it took until now, nothing was removed. */
  async function again(env: Record<string, string>): Promise<void> {
    await service!.kill('SIGTERM');
    service = await Service.start({ ATOLL_DATA_DIR: service!.dataDir, ATOLL_SWEEP_INTERVAL: '100', ...env });
  }
});
