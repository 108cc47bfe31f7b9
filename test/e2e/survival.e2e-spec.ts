import { docker } from './support/docker.js';
import { eventually, Service, type Sandbox } from './support/service.js';

/** What a service that is killed, or restarted, leaves and finds again. */
describe.each(['socket', 'exec'])('a killed service (%s)', (transport) => {
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await Service.start({ ATOLL_TRANSPORT: transport });
    sandbox = await service.sandbox();
  });
  afterAll(() => service.stop());

  it('finds sandboxes, finished commands and their output again', async () => {
    const done = await sandbox.sh('echo out; echo err >&2; exit 3');
    await sandbox.write('/root/file', 'kept');
    const before = await service.get(sandbox.path);
    await service.kill('SIGKILL');
    expect(await service.boot()).toBeLessThan(5000);
    expect((await service.get(sandbox.path)).body).toEqual(before.body);
    expect((await service.get(`${sandbox.path}/cmd/${done.command.id}`)).body.command).toEqual(done.command);
    expect((await service.get(`${sandbox.path}/cmd/${done.command.id}/logs`)).body).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exit_code: 3,
    });
    expect((await sandbox.read('/root/file')).body.content).toBe('kept');
    expect((await sandbox.sh('echo again')).stdout).toBe('again\n');
  });

  it('loses no byte and no end of commands that went on meanwhile', async () => {
    const script =
      'i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); [ $((i % 100)) = 0 ] && sleep 0.05; done; exit 7';
    const { body } = await service.post(`${sandbox.path}/cmd`, { command: 'sh', args: ['-c', script] });
    const { id } = body.command;
    for (const pause of [150, 400, 250]) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      await service.kill('SIGKILL');
      await service.boot();
    }
    const [, end] = (await service.get(`${sandbox.path}/cmd/${id}?wait=true`)).body;
    expect(end.command).toMatchObject({ state: 'exited', exit_code: 7 });
    const { stdout } = (await service.get(`${sandbox.path}/cmd/${id}/logs`)).body;
    expect(stdout).toBe(Array.from({ length: 3000 }, (_, line) => `line ${line}\n`).join(''));
  });

  it('takes in the end of a command that finished while nobody was there', async () => {
    const { body } = await service.post(`${sandbox.path}/cmd`, {
      command: 'sh',
      args: ['-c', 'sleep 0.5; echo late; exit 9'],
    });
    const { id, pid } = body.command;
    await service.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await service.boot();
    const [, end] = (await service.get(`${sandbox.path}/cmd/${id}?wait=true`)).body;
    expect(end.command).toMatchObject({ state: 'exited', exit_code: 9, pid });
    expect((await service.get(`${sandbox.path}/cmd/${id}/logs`)).body.stdout).toBe('late\n');
  });

  it('marks a sandbox that died meanwhile, with its commands', async () => {
    const doomed = await service.sandbox();
    const id = await doomed.spawn('sleep', ['1000']);
    await service.kill('SIGKILL');
    docker('kill', `atoll-${doomed.id}`);
    await service.boot();
    await eventually(
      () => service.get(doomed.path),
      ({ body }) => body.status === 'stopped',
    );
    const command = await eventually(
      () => service.get(`${doomed.path}/cmd/${id}`),
      ({ body }) => body.command.state !== 'running',
    );
    expect(command.body.command).toMatchObject({ state: 'killed', exit_code: 137 });
  });

  it('leaves sandboxes running when it is asked to stop, and exits 0', async () => {
    const id = await sandbox.spawn('sh', ['-c', 'sleep 1; echo finished']);
    expect(await service.kill('SIGTERM')).toBe(0);
    await service.boot();
    const [, end] = (await service.get(`${sandbox.path}/cmd/${id}?wait=true`)).body;
    expect(end.command).toMatchObject({ state: 'exited', exit_code: 0 });
    expect((await service.get(`${sandbox.path}/cmd/${id}/logs`)).body.stdout).toBe('finished\n');
  });
});

describe('a second service on the same data directory', () => {
  it('refuses to start with a sentence, and starts at once when the first was killed', async () => {
    const first = await Service.start();
    try {
      await expect(Service.start({ ATOLL_DATA_DIR: first.dataDir })).rejects.toThrow(
        /Another service is running with the data directory/,
      );
      expect((await first.get('/v1/sandboxes')).status).toBe(200);
      await first.kill('SIGKILL');
      expect(await first.boot()).toBeLessThan(5000);
    } finally {
      await first.stop();
    }
  });
});

describe('a create that was cut off', () => {
  it('leaves no container and no row after the next start', async () => {
    const service = await Service.start();
    try {
      await service.sandbox(); // the agent is on the engine, so that creates take their normal time
      for (const pause of [30, 90, 150, 220, 300]) {
        const cut = service.post('/v1/sandboxes', { image: 'atoll-test/busybox:1' }).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, pause));
        await service.kill('SIGKILL');
        await cut;
        await service.boot();
      }
      const { body } = await service.get('/v1/sandboxes');
      const rows = (body.sandboxes as { id: string; status: string }[]).map(({ id }) => `atoll-${id}`);
      await eventually(
        async () => containersOf(rows[0]),
        (names) => names.length === rows.length,
      );
      expect(containersOf(rows[0]).sort()).toEqual(rows.sort());
    } finally {
      await service.stop();
    }
  });
});

/** Names of all containers of the instance that this one belongs to. */
function containersOf(name: string): string[] {
  const instance = docker('inspect', '--format', '{{index .Config.Labels "dev.atoll.instance"}}', name);
  return docker('ps', '-a', '--filter', `label=dev.atoll.instance=${instance}`, '--format', '{{.Names}}')
    .split('\n')
    .filter(Boolean);
}
