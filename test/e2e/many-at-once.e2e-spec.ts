import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { containersOf, rowsOf } from './support/engine-view.js';
import { eventually, IMAGE, Service, type Answer } from './support/service.js';

const MANY = 100;

/** Names in a folder of the data directory; none where there is no folder. */
const inFolder = (service: Service, folder: string) =>
  readdir(join(service.dataDir, folder)).catch(() => [] as string[]);

describe(`${MANY} at once`, () => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service.stop());

  it('are created whole or not at all, and deleted without a trace', { timeout: 240_000 }, async () => {
    let begun = Date.now();
    const lap = () => {
      const seconds = ((Date.now() - begun) / 1000).toFixed(1);
      begun = Date.now();
      return seconds;
    };
    const request = { image: IMAGE, ports: ['80'], resources: { memory: 32 } };
    const answers = await Promise.all(Array.from({ length: MANY }, () => service.post('/v1/sandboxes', request)));
    const creates = lap();
    for (const answer of answers) expectWholeOrClean(answer);
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => body.id as string);
    expect(made.length, service.logs()).toBeGreaterThan(0);
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.name)).size).toBe(made.length);

    const rows = rowsOf(service);
    expect(rows.map(({ id }) => id).sort()).toEqual([...made].sort());
    expect(rows.filter(({ status }) => status !== 'running')).toEqual([]);
    const containers = await containersOf(service);
    expect(containers.map(({ sandboxId }) => sandboxId).sort()).toEqual([...made].sort());
    expect(containers.filter(({ state }) => state !== 'running')).toEqual([]);
    const published = containers.map(({ ports }) => ports['80/tcp']);
    expect(new Set(published).size).toBe(made.length);

    lap();
    const path = (id: string) => `/v1/sandboxes/${id}`;
    const echo = { command: 'echo', args: ['here'] };
    const ran = await Promise.all(made.map((id) => service.post(`${path(id)}/cmd?wait=true`, echo)));
    for (const { status, body } of ran) {
      expect(status).toBe(200);
      expect(body[1].command).toMatchObject({ state: 'exited', exit_code: 0 });
    }
    const execs = lap();

    const gone = await Promise.all(made.map((id) => service.delete(path(id))));
    console.log(
      `many at once: ${made.length} created in ${creates} s, one command in each in ${execs} s, deleted in ${lap()} s`,
    );
    expect(gone.filter(({ status }) => status !== 204)).toEqual([]);
    expect(rowsOf(service)).toEqual([]);
    expect(await containersOf(service)).toEqual([]);
    expect(await inFolder(service, 'run')).toEqual([]);
    expect(await inFolder(service, 'output')).toEqual([]);
  });

  it('leave nothing when their clients go away in the middle', { timeout: 120_000 }, async () => {
    const given = new AbortController();
    const requests = Array.from({ length: 20 }, () =>
      fetch(`${service.url}/v1/sandboxes`, {
        method: 'POST',
        headers: service.headers,
        body: JSON.stringify({ image: IMAGE, timeout: 600 }),
        signal: given.signal,
      }).catch(() => undefined),
    );
    await eventually(
      async () => rowsOf(service).length,
      (rows) => rows > 5,
    );
    given.abort();
    await Promise.all(requests);
    // What was begun is brought to an end: a whole sandbox, which is listed and expires, or nothing.
    await eventually(
      async () => ({ rows: rowsOf(service), containers: await containersOf(service) }),
      ({ rows, containers }) =>
        rows.every(({ status, expires_at }) => status === 'running' && expires_at !== null) &&
        containers.every(({ sandboxId, state }) => state === 'running' && rows.some(({ id }) => id === sandboxId)) &&
        rows.length === containers.length,
      30_000,
    );
  });
});

function expectWholeOrClean({ status, headers, body }: Answer): void {
  if (status === 201) return;
  expect({ status, body }).toMatchObject({ status: expect.toBeOneOf([429, 503]), body: { code: expect.any(String) } });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}
