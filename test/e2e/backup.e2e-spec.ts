import { execFile } from 'node:child_process';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually, Service } from './support/service.js';

const ATOLL = resolve(import.meta.dirname, '../../bin/atoll');
const run = promisify(execFile);

/** `bin/atoll`, as an operator calls it. */
function atoll(dataDir: string, ...args: string[]): Promise<{ stdout: string }> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('ATOLL_'));
  return run(ATOLL, args, { env: { ...Object.fromEntries(own), ATOLL_DATA_DIR: dataDir } });
}

const NUMBERS =
  'i=0; while [ $i -lt 1500 ]; do echo "line $i"; i=$((i+1)); [ $((i % 50)) = 0 ] && sleep 0.7; done; exit 5';

describe.each(['socket', 'exec'])('a backup (%s)', (transport) => {
  let service: Service;
  let file: string;

  beforeAll(async () => {
    service = await Service.start({ ATOLL_TRANSPORT: transport });
    file = join(await mkdtemp(join(tmpdir(), 'atoll-backup-')), 'atoll.tar.gz');
  });
  afterAll(async () => {
    await service.stop();
    await rm(resolve(file, '..'), { recursive: true });
  });

  it('taken under load brings back sandboxes, commands and output after the database and the output were lost', async () => {
    const sandbox = await service.sandbox();
    const done = await sandbox.sh('echo out; echo err >&2; exit 3');
    const printing = await sandbox.spawn('sh', ['-c', NUMBERS]);
    const busy = Promise.all(Array.from({ length: 30 }, (_, n) => sandbox.run('echo', [String(n)])));
    const { stdout } = await atoll(service.dataDir, 'backup', file);
    expect(stdout).toMatch(/^Written: 1 sandboxes and \d+ commands as of /);
    await busy;
    const later = await service.sandbox();
    await later.write('/root/note', 'made after the backup');

    await expect(atoll(service.dataDir, 'restore', file)).rejects.toMatchObject({
      stderr: expect.stringContaining('Another service is running'),
    });
    await service.kill('SIGKILL');
    for (const name of ['atoll.db', 'atoll.db-wal', 'atoll.db-shm', 'output'])
      await rename(join(service.dataDir, name), join(service.dataDir, `lost-${name}`)).catch(() => undefined);
    const restored = await atoll(service.dataDir, 'restore', file);
    expect(restored.stdout).toContain('never run both');
    await service.boot();

    expect((await service.get(`${sandbox.path}/cmd/${done.command.id}`)).body.command).toEqual(done.command);
    const logs = await service.get(`${sandbox.path}/cmd/${done.command.id}/logs`);
    expect(logs.body).toEqual({ stdout: 'out\n', stderr: 'err\n', exit_code: 3 });
    expect((await sandbox.sh('echo again')).stdout).toBe('again\n');
    // What was printed after the backup and given to the service that died is lost, and the answer says so; the end is true.
    const [, end] = (await service.get(`${sandbox.path}/cmd/${printing}?wait=true`)).body;
    expect(end.command).toMatchObject({ state: 'exited', exit_code: 5 });
    const { body } = await service.get(`${sandbox.path}/cmd/${printing}/logs`);
    expect(body.truncated).toBe(true);
    expect(body.stdout.endsWith('line 1498\nline 1499\n')).toBe(true);
    // A sandbox that the backup does not know is adopted.
    await eventually(
      () => service.get(later.path),
      ({ status, body }) => status === 200 && body.status === 'running',
    );
    expect((await later.read('/root/note')).body.content).toBe('made after the backup');
  });

  it('brings a lost data directory back, with sandboxes that can be reached', async () => {
    const sandbox = await service.sandbox();
    await sandbox.write('/root/note', 'kept');
    await atoll(service.dataDir, 'backup', file);
    await service.kill('SIGKILL');
    await rm(service.dataDir, { recursive: true });
    await atoll(service.dataDir, 'restore', file);
    await service.boot();
    // The folder that its agent dials through went with the data directory, and a container mounts it anew as it starts.
    if (transport === 'socket') expect((await service.post(`${sandbox.path}/restart`)).status).toBe(200);
    expect((await sandbox.read('/root/note')).body.content).toBe('kept');
    expect((await sandbox.sh('echo reached')).stdout).toBe('reached\n');
  });

  it('says what is wrong with how it is called', async () => {
    await expect(atoll(service.dataDir)).rejects.toMatchObject({
      stderr: expect.stringContaining('bin/atoll backup FILE'),
    });
    await expect(atoll(service.dataDir, 'backup', '/nowhere/at/all.gz')).rejects.toMatchObject({
      stderr: expect.stringContaining('ENOENT'),
    });
    await expect(atoll(join(service.dataDir, 'other'), 'restore', '/nowhere.gz')).rejects.toMatchObject({
      stderr: expect.stringContaining('/nowhere.gz can not be read as a backup'),
    });
  });
});
