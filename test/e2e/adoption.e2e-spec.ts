import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { docker } from './support/docker.js';
import { containersOf } from './support/engine-view.js';
import { eventually, IMAGE, Service, type Sandbox } from './support/service.js';

/** Does something to the store of a service that does not run. */
function amend(service: Service, sql: string, ...values: string[]): void {
  const db = new DatabaseSync(join(service.dataDir, 'atoll.db'), { enableForeignKeyConstraints: true });
  db.prepare(sql).run(...values);
  db.close();
}

describe.each(['socket', 'exec'])('a sandbox whose row is lost, by %s', (transport) => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start({ ATOLL_SWEEP_INTERVAL: '200', ATOLL_TRANSPORT: transport });
  });
  afterAll(() => service.stop());

  const detail = async ({ path }: Sandbox) => (await service.get(path)).body;
  const ids = async () =>
    (await service.get('/v1/sandboxes')).body.sandboxes.map(({ id }: { id: string }) => id).sort() as string[];
  const lose = (sandbox: Sandbox) => amend(service, 'delete from sandboxes where id = ?', sandbox.id);
  /** Kills the service, does something to its store, and starts it again. */
  async function meanwhile(work: () => void): Promise<void> {
    await service.kill('SIGKILL');
    work();
    await service.boot();
  }
  const back = (...sandboxes: Sandbox[]) => eventually(ids, (found) => sandboxes.every(({ id }) => found.includes(id)));

  it('is back with all it had, and its time comes', async () => {
    const request = {
      timeout: 300,
      ports: ['3000', '53/udp'],
      env: { GREETING: 'hello "you"' },
      labels: { team: 'search' },
      resources: { memory: 64, cpus: 0.5, pids: 99 },
    };
    const [sandbox, paused, brief] = [
      await service.sandbox(request),
      await service.sandbox(),
      await service.sandbox({ timeout: 12 }),
    ];
    await sandbox.write('/root/kept', 'kept');
    await sandbox.sh('sleep 1000 & echo started');
    await service.post(`${paused.path}/pause`);
    const [before, network] = [await detail(sandbox), (await service.get(`${sandbox.path}/network`)).body];
    await meanwhile(() => [sandbox, paused, brief].forEach(lose));
    const from = Date.now();
    await back(sandbox, paused, brief);
    const { expires_at, started_at, ...same } = await detail(sandbox);
    expect({ ...before, ...same }).toEqual(before);
    expect(Date.parse(expires_at)).toBeGreaterThan(from + 250_000);
    expect(Date.parse(expires_at)).toBeLessThan(Date.now() + 300_000);
    expect(Math.abs(Date.parse(started_at) - Date.parse(before.started_at))).toBeLessThan(5000);
    expect((await service.get(`${sandbox.path}/network`)).body).toEqual(network);
    expect((await sandbox.sh('echo "$GREETING"')).stdout).toBe('hello "you"\n');
    expect((await sandbox.read('/root/kept')).body.content).toBe('kept');
    expect((await service.get(`/v1/sandboxes/${before.name}`)).body.id).toBe(sandbox.id);
    expect(await detail(paused)).toMatchObject({ status: 'paused' });
    expect(await service.post(`${paused.path}/resume`)).toMatchObject({ status: 200 });
    expect((await paused.sh('echo thawed')).stdout).toBe('thawed\n');
    expect(
      await eventually(
        () => detail(brief),
        ({ status }) => status === 'stopped',
        30_000,
      ),
    ).toMatchObject({ end_reason: 'expired' });
    await service.post(`${sandbox.path}/restart`);
    expect((await sandbox.sh('echo again')).stdout).toBe('again\n');
  });

  it('is stopped when it was, and gets another name when its own was given away', async () => {
    const [stopped, other] = [await service.sandbox(), await service.sandbox()];
    await stopped.write('/root/kept', 'kept');
    await service.post(`${stopped.path}/stop`);
    await meanwhile(() => {
      lose(stopped);
      amend(service, 'update sandboxes set name = ? where id = ?', stopped.created.name, other.id);
    });
    await back(stopped);
    expect(await detail(stopped)).toMatchObject({ status: 'stopped', finished_at: expect.any(String) });
    expect((await detail(stopped)).name).not.toBe(stopped.created.name);
    expect((await service.post(`${stopped.path}/start`)).status).toBe(200);
    expect((await stopped.read('/root/kept')).body.content).toBe('kept');
  });

  it('does not come to life again when it was deleted, or never was, and is not made of what does not tell enough', async () => {
    const [deleted, unmade, whole] = [await service.sandbox(), await service.sandbox(), await service.sandbox()];
    const strange = `atoll-sb_${'0'.repeat(20)}`;
    const instance = docker(
      'inspect',
      '--format',
      '{{index .Config.Labels "dev.atoll.instance"}}',
      `atoll-${whole.id}`,
    );
    const labels = [
      `dev.atoll.instance=${instance}`,
      `dev.atoll.sandbox=${strange.slice(6)}`,
      'dev.atoll.role=sandbox',
    ];
    try {
      // A delete that the engine did not carry out, a create that was not finished, and something that has our labels alone.
      await meanwhile(() => {
        amend(service, `update sandboxes set status = 'deleting' where id = ?`, deleted.id);
        amend(service, `update sandboxes set status = 'creating' where id = ?`, unmade.id);
        docker(
          'run',
          '-d',
          '--name',
          strange,
          ...labels.flatMap((label) => ['--label', label]),
          IMAGE,
          'sleep',
          '1000',
        );
      });
      await eventually(
        async () => (await containersOf(service)).map(({ name }) => name),
        (names) => !names.includes(`atoll-${deleted.id}`) && !names.includes(`atoll-${unmade.id}`),
      );
      await eventually(
        async () => service.logs().includes('it is left alone'),
        (told) => told,
      );
      const listed = await ids();
      expect(listed).toContain(whole.id);
      for (const id of [deleted.id, unmade.id, strange.slice(6)]) expect(listed).not.toContain(id);
      expect(service.logs().split('left half done').length).toBe(3);
      expect(docker('inspect', '--format', '{{.State.Status}}', strange)).toBe('running');
    } finally {
      docker('rm', '-f', strange);
    }
  });

  it("is not another instance's", async () => {
    const other = await Service.start({ ATOLL_TRANSPORT: transport });
    try {
      const theirs = await other.sandbox();
      const mine = await service.sandbox();
      await meanwhile(() => lose(mine));
      await back(mine);
      expect(await ids()).not.toContain(theirs.id);
      expect((await service.delete(theirs.path)).status).toBe(204);
      expect((await theirs.sh('echo theirs')).stdout).toBe('theirs\n');
    } finally {
      await other.stop();
    }
  });
});
