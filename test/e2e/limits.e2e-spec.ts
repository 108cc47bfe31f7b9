import { docker } from './support/docker.js';
import { eventually, IMAGE, Sandbox, Service } from './support/service.js';

describe('limits of a sandbox', () => {
  let service: Service;
  let defaults: Service;

  beforeAll(async () => {
    const small = { ATOLL_ULIMIT_NOFILE: '2048', ATOLL_ULIMIT_CORE: '1048576' };
    [service, defaults] = [
      await Service.start({ ...small, ATOLL_PIDS_LIMIT: '100', ATOLL_MAX_PIDS: '200' }),
      await Service.start(),
    ];
  });
  afterAll(() => Promise.all([service.stop(), defaults.stop()]));

  it('are in force, as the kernel says inside', async () => {
    const sandbox = await service.sandbox({ resources: { memory: 96, cpus: 0.5, pids: 120 } });
    const v2 = 'memory.max memory.swap.max cpu.max pids.max';
    const v1 =
      'memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us pids/pids.max';
    const { stdout } = await sandbox.sh(`cd /sys/fs/cgroup; if [ -e memory.max ]; then cat ${v2}; else cat ${v1}; fi`);
    // Swap comes on top under v2, is counted with memory under v1; the agent has 40 processes of its own.
    const memory = String(96 << 20);
    expect([`${memory}\n0\n50000 100000\n160\n`, `${memory}\n${memory}\n50000\n100000\n160\n`]).toContain(stdout);
  });

  it('holds processes to the configured ulimits, seen from inside', async () => {
    const ulimits = 'ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Hc';
    const sandbox = await service.sandbox();
    // Of core dumps the shell tells blocks of 512 bytes.
    expect((await sandbox.sh(ulimits)).stdout).toBe('2048\n2048\n2048\n2048\n');
    const opened = await sandbox.sh('i=3; while eval "exec $i</dev/null"; do i=$((i+1)); done');
    expect(opened.stderr).toMatch(/too many open files|No file descriptors/i);
    expect((await sandbox.sh('ulimit -n 4096')).stderr).not.toBe('');
    const plain = await defaults.sandbox();
    expect((await plain.sh(ulimits)).stdout).toBe('16384\n16384\n0\n0\n');
  });

  it('takes a number of processes on the call', async () => {
    const forks = 'i=0; while [ $i -lt 150 ]; do sleep 20 & i=$((i+1)); done; echo all';
    const [few, many] = [await service.sandbox(), await service.sandbox({ resources: { pids: 200 } })];
    expect((await service.get(few.path)).body.resources).toMatchObject({ pids: 100 });
    expect((await service.get(many.path)).body.resources).toMatchObject({ pids: 200 });
    expect((await few.sh(forks)).stdout).not.toContain('all');
    expect((await many.sh(forks)).stdout).toContain('all');
    expect(await service.post('/v1/sandboxes', { image: IMAGE, resources: { pids: 201 } })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('resources.pids') },
    });
  });

  it('ends a command that takes too much memory, and does not blame memory for a kill after it', async () => {
    const sandbox = await service.sandbox({ resources: { memory: 48 } });
    expect((await sandbox.run('tail', ['/dev/zero'])).command).toMatchObject({ end_reason: 'oom' });
    expect((await sandbox.sh('echo goes on')).stdout).toBe('goes on\n');
    docker('kill', `atoll-${sandbox.id}`);
    const ended = await eventually(
      async () => (await service.get(sandbox.path)).body,
      ({ status }) => status === 'stopped',
    );
    expect(ended).toMatchObject({ end_reason: 'exited', exit_code: 137 });
  });

  it('tells what was written to its disk, when asked', async () => {
    const sandbox = await service.sandbox();
    const stats = async (query = '') => service.get(`${sandbox.path}/stats${query}`);
    expect((await stats()).body).not.toHaveProperty('disk');
    const before = (await stats('?disk=true')).body.disk.usage;
    expect(before).toBeLessThan(1 << 20);
    await sandbox.sh('dd if=/dev/urandom of=/root/big bs=1M count=10');
    for (const { status, body } of await Promise.all([stats('?disk=true'), stats('?disk=true')])) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ pids: expect.any(Number), disk: { usage: expect.any(Number) } });
      expect(body.disk.usage - before).toBeGreaterThanOrEqual(10 << 20);
      expect(body.disk.usage - before).toBeLessThan(11 << 20);
    }
    await sandbox.remove('/root/big');
    expect((await stats('?disk=true')).body.disk.usage).toBeLessThan(1 << 20);
    expect(await stats('?disk=maybe')).toMatchObject({ status: 400 });
    await service.post(`${sandbox.path}/stop`);
    expect(await stats('?disk=true')).toMatchObject({ status: 409 });
  });

  it('keeps what is written to its disk within bounds, or says that this engine can not', async () => {
    for (const disk of [15, 1.5, '64', -1])
      expect(await service.post('/v1/sandboxes', { image: IMAGE, resources: { disk } })).toMatchObject({
        status: 400,
        body: { message: expect.stringMatching(/resources.*disk/) },
      });
    const made = await service.post('/v1/sandboxes', {
      image: IMAGE,
      resources: { disk: 64 },
      labels: { disk: 'limited' },
    });
    const [driver, backing] = docker('info', '--format', '{{.Driver}} {{index (index .DriverStatus 0) 1}}').split(' ');
    const can =
      ['btrfs', 'zfs'].includes(driver) || (driver === 'overlay2' && backing === 'xfs' && made.status === 201);
    if (!can) {
      expect(made).toMatchObject({
        status: 400,
        body: {
          code: 'BAD_REQUEST',
          message: expect.stringMatching(/^resources\.disk /),
          details: { field: 'resources.disk' },
        },
      });
      expect((await service.get('/v1/sandboxes?label=disk=limited')).body.sandboxes).toEqual([]);
      return;
    }
    const sandbox = new Sandbox(service, made.body);
    expect((await service.get(sandbox.path)).body.resources).toMatchObject({ disk: 64 });
    expect((await service.get(`${sandbox.path}/stats?disk=true`)).body.disk).toMatchObject({ limit: 64 << 20 });
    await service.post(`${sandbox.path}/restart`);
    const written = await sandbox.sh(
      'dd if=/dev/zero of=/root/big bs=1M count=200; ls -l /root/big | tr -s " " | cut -d" " -f5',
    );
    expect(written.stderr).toMatch(/quota exceeded|no space left/i);
    expect(Number(written.stdout)).toBeLessThanOrEqual(64 << 20);
    expect(Number(written.stdout)).toBeGreaterThan(48 << 20);
    expect(await sandbox.write('/root/more', 'x'.repeat(8 << 20))).toMatchObject({ status: 507 });
    expect((await sandbox.remove('/root/big')).status).toBe(204);
    expect((await sandbox.write('/root/more', 'x')).status).toBe(200);
  });
});
