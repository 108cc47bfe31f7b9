import { docker } from './support/docker.js';
import { eventually, Service, type Sandbox } from './support/service.js';

describe('the life of a sandbox', () => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start({ ATOLL_SWEEP_INTERVAL: '200', ATOLL_STOP_GRACE: '30000' });
  });
  afterAll(() => service.stop());

  const detail = async (sandbox: Sandbox) => (await service.get(sandbox.path)).body;
  const post = (sandbox: Sandbox, call: string, body?: unknown) => service.post(`${sandbox.path}/${call}`, body);
  const said = async (sandbox: Sandbox, command: string): Promise<string> =>
    (await service.get(`${sandbox.path}/cmd/${command}/logs`)).body.stdout;

  it('restarts, with a fresh expiration and an end to its commands', async () => {
    const sandbox = await service.sandbox({ timeout: 300, ports: ['80'] });
    await sandbox.write('/root/kept', 'x');
    const command = await sandbox.spawn('sleep', ['1000']);
    const restarted = await post(sandbox, 'restart');
    expect(restarted).toMatchObject({ status: 200, body: { status: 'restarted', ports: ['80/tcp'] } });
    expect(Date.parse(restarted.body.expires_at)).toBeGreaterThan(Date.now() + 295_000);
    expect((await service.get(`${sandbox.path}/cmd/${command}`)).body.command.state).toBe('killed');
    expect((await sandbox.read('/root/kept')).body.content).toBe('x');
    expect(await detail(sandbox)).toMatchObject({ status: 'running', finished_at: null });
    await post(sandbox, 'stop');
    expect(await post(sandbox, 'restart')).toMatchObject({ status: 200, body: { status: 'restarted' } });
  });

  it('pauses and resumes; nothing waits for a frozen sandbox, and it can be stopped and deleted', async () => {
    const sandbox = await service.sandbox();
    const command = await sandbox.spawn('sh', [
      '-c',
      'i=0; while [ $i -lt 20 ]; do echo $i; i=$((i+1)); sleep 0.1; done',
    ]);
    expect(await post(sandbox, 'resume')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('running') },
    });
    expect(await post(sandbox, 'pause')).toMatchObject({ status: 200, body: { status: 'paused' } });
    expect(await detail(sandbox)).toMatchObject({ status: 'paused', running: false, expires_at: expect.any(String) });
    const begun = Date.now();
    for (const answer of [
      await post(sandbox, 'pause'),
      await post(sandbox, 'cmd', { command: 'true' }),
      await sandbox.write('/tmp/x', 'x'),
      await sandbox.read('/tmp/x'),
      await post(sandbox, 'start'),
    ]) {
      expect(answer).toMatchObject({
        status: 409,
        body: { code: 'CONFLICT', message: expect.stringContaining('paused') },
      });
    }
    expect(Date.now() - begun).toBeLessThan(10_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect((await service.get(`${sandbox.path}/cmd/${command}`)).body.command.state).toBe('running');
    expect(await post(sandbox, 'resume')).toMatchObject({ status: 200, body: { status: 'resumed' } });
    const [, end] = (await service.get(`${sandbox.path}/cmd/${command}?wait=true`)).body;
    expect(end.command).toMatchObject({ state: 'exited', exit_code: 0 });
    const stdout = await said(sandbox, command);
    expect(stdout).toBe(Array.from({ length: 20 }, (_, line) => `${line}\n`).join(''));
    await post(sandbox, 'pause');
    expect(await post(sandbox, 'stop')).toMatchObject({ status: 200 });
    expect(await detail(sandbox)).toMatchObject({ status: 'stopped', end_reason: 'user' });
    await post(sandbox, 'start');
    await post(sandbox, 'pause');
    expect((await service.delete(sandbox.path)).status).toBe(204);
  });

  it('renews, and counts the new timeout again at the next start', async () => {
    const sandbox = await service.sandbox({ timeout: 2 });
    const renewed = await post(sandbox, 'renew-expiration', { timeout: 500 });
    expect(renewed).toMatchObject({ status: 200, body: { status: 'renewed', timeout: 500 } });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await detail(sandbox)).toMatchObject({ status: 'running', expires_at: renewed.body.expires_at });
    for (const timeout of [0, -1, 1.5, '5', null, undefined, 1e9]) {
      expect(await post(sandbox, 'renew-expiration', { timeout })).toMatchObject({
        status: 400,
        body: { message: expect.stringContaining('timeout') },
      });
    }
    await post(sandbox, 'stop');
    expect(await post(sandbox, 'renew-expiration', { timeout: 5 })).toMatchObject({ status: 409 });
    const started = await post(sandbox, 'start');
    expect(Date.parse(started.body.expires_at)).toBeGreaterThan(Date.now() + 490_000);
  });

  it('is stopped at its expiration when paused, too', async () => {
    const sandbox = await service.sandbox({ timeout: 1 });
    await post(sandbox, 'pause');
    const ended = await eventually(
      () => detail(sandbox),
      ({ status }) => status === 'stopped',
    );
    expect(ended).toMatchObject({ end_reason: 'expired' });
  });

  it('tells its ports, and again after a restart that changes them', async () => {
    const sandbox = await service.sandbox({ ports: ['3000', '53/udp'] });
    const real = () => {
      const ports = JSON.parse(
        docker('inspect', '--format', '{{json .NetworkSettings.Ports}}', `atoll-${sandbox.id}`),
      ) as Record<string, { HostPort: string }[]>;
      return Object.fromEntries(Object.entries(ports).map(([port, bindings]) => [port, bindings[0].HostPort]));
    };
    const network = async () => (await service.get(`${sandbox.path}/network`)).body;
    expect(await network()).toEqual({ main_port: '3000/tcp', ports_map: real() });
    expect(Object.keys(real()).sort()).toEqual(['3000/tcp', '53/udp']);
    await post(sandbox, 'stop');
    expect(await network()).toEqual({ main_port: '3000/tcp', ports_map: {} });
    await post(sandbox, 'start');
    expect(await network()).toEqual({ main_port: '3000/tcp', ports_map: real() });
    const bare = await service.sandbox();
    expect((await service.get(`${bare.path}/network`)).body).toEqual({ main_port: '', ports_map: {} });
  });

  it('follows what somebody does at the engine, within a second', async () => {
    const sandbox = await service.sandbox();
    const name = `atoll-${sandbox.id}`;
    const becomes = (status: string) =>
      eventually(
        () => detail(sandbox),
        (body) => body.status === status,
        10_000,
      );
    docker('pause', name);
    await becomes('paused');
    docker('unpause', name);
    await becomes('running');
    docker('kill', name);
    expect(await becomes('stopped')).toMatchObject({ end_reason: 'exited', exit_code: 137 });
    docker('start', name);
    expect(await becomes('running')).toMatchObject({ expires_at: expect.any(String) });
    expect((await sandbox.sh('echo works')).stdout).toBe('works\n');
    docker('rm', '-f', name);
    expect(await becomes('error')).toMatchObject({ end_reason: 'engine_lost' });
    expect(await post(sandbox, 'start')).toMatchObject({ status: 409 });
    expect((await service.delete(sandbox.path)).status).toBe(204);
  });

  it('stops an idle sandbox at once, and gives commands the grace that was asked for', async () => {
    const sandbox = await service.sandbox();
    const begun = Date.now();
    await post(sandbox, 'stop');
    expect(Date.now() - begun).toBeLessThan(10_000);
    await post(sandbox, 'start');
    const script = 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.05; done';
    const polite = await sandbox.spawn('sh', ['-c', script]);
    await eventually(
      () => said(sandbox, polite),
      (text) => text === 'up\n',
    );
    await post(sandbox, 'stop');
    expect((await service.get(`${sandbox.path}/cmd/${polite}`)).body.command).toMatchObject({
      state: 'exited',
      exit_code: 3,
    });
    expect(await said(sandbox, polite)).toBe('up\nbye\n');
  });

  it('takes a grace on the call', async () => {
    const sandbox = await service.sandbox();
    const stubborn = await sandbox.spawn('sh', ['-c', 'trap "" TERM; echo up; while :; do sleep 0.05; done']);
    await eventually(
      () => said(sandbox, stubborn),
      (text) => text === 'up\n',
    );
    const begun = Date.now();
    expect(await post(sandbox, 'stop?grace=0')).toMatchObject({ status: 200 });
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect(await post(sandbox, 'start')).toMatchObject({ status: 200 });
    expect(await post(sandbox, 'stop?grace=-1')).toMatchObject({ status: 400 });
  });

  it('tells what it uses, from its own cgroup', async () => {
    const sandbox = await service.sandbox({ resources: { memory: 128, cpus: 0.5 } });
    const stats = async () => (await service.get(`${sandbox.path}/stats`)).body;
    const idle = await stats();
    expect(idle).toMatchObject({
      memory: { limit: 128 * 1024 * 1024 },
      pids: expect.any(Number),
      network: expect.any(Object),
    });
    expect(idle.cpu_percent).toBeLessThan(30);
    expect(idle.memory.usage).toBeGreaterThan(1024 * 1024);
    expect(idle.memory.percent).toBeCloseTo((idle.memory.usage / idle.memory.limit) * 100, 1);
    await sandbox.spawn('sh', ['-c', 'while :; do :; done']);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const busy = await stats();
    expect(busy.cpu_percent).toBeGreaterThan(15);
    expect(busy.cpu_percent).toBeLessThan(75);
    expect(busy.uptime).toBeGreaterThan(idle.uptime);
    await post(sandbox, 'pause');
    expect(await service.get(`${sandbox.path}/stats`)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    await post(sandbox, 'stop');
    expect((await service.get(`${sandbox.path}/stats`)).status).toBe(409);
  });

  it('serialises what is done to one sandbox at once, and ends in a state that is true', async () => {
    const sandbox = await service.sandbox();
    const calls = ['stop', 'start', 'pause', 'resume', 'restart', 'stop', 'start', 'restart', 'pause', 'resume'];
    const answers = await Promise.all(calls.map((call) => post(sandbox, call)));
    for (const { status } of answers) expect([200, 409]).toContain(status);
    const real = () => docker('inspect', '--format', '{{.State.Status}}', `atoll-${sandbox.id}`);
    // The engine may say "paused" a moment longer than it is.
    await eventually(
      async () => [real(), (await detail(sandbox)).status],
      ([is, status]) => is === (status === 'stopped' ? 'exited' : status),
    );
    await Promise.all([post(sandbox, 'restart'), service.delete(sandbox.path), post(sandbox, 'stop')]);
    expect((await service.get(sandbox.path)).status).toBe(404);
    expect(docker('ps', '-aq', '--filter', `name=atoll-${sandbox.id}`)).toBe('');
  });

  it('lists by state, image and label, and page by page', async () => {
    const labels = { team: 'search', 'example.com/tier': 'a' };
    const mine = [
      await service.sandbox({ labels }),
      await service.sandbox({ labels: { team: 'search' } }),
      await service.sandbox({ labels }),
    ];
    await post(mine[1], 'stop');
    const ids = async (query: string) =>
      (await service.get(`/v1/sandboxes?${query}`)).body.sandboxes.map(({ id }: { id: string }) => id);
    expect(await ids('label=team=search')).toEqual(mine.map(({ id }) => id));
    expect(await ids('label=example.com/tier&state=running')).toEqual([mine[0].id, mine[2].id]);
    expect(await ids('label=team=search&state=stopped')).toEqual([mine[1].id]);
    expect(await ids('label=team=other')).toEqual([]);
    expect(await ids('image=no/such')).toEqual([]);
    expect((await detail(mine[0])).labels).toEqual(labels);
    const seen: string[] = [];
    for (let cursor = '', pages = 0; pages < 10; pages++) {
      const { body } = await service.get(`/v1/sandboxes?label=team=search&limit=2${cursor && `&cursor=${cursor}`}`);
      expect(body.sandboxes.length).toBeLessThanOrEqual(2);
      seen.push(...body.sandboxes.map(({ id }: { id: string }) => id));
      if (!body.next_cursor) break;
      cursor = body.next_cursor;
    }
    expect(seen).toEqual(mine.map(({ id }) => id));
    for (const query of ['state=sleeping', 'limit=0', 'limit=x', 'cursor=!', 'cursor=abcd', 'color=red']) {
      expect(await service.get(`/v1/sandboxes?${query}`)).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
    }
    for (const bad of [
      { 'bad key': 'x' },
      { a: 'x y' },
      { a: 'x'.repeat(64) },
      { '-a': 'b' },
      { 'A_B/c': 'd' },
      { a: 1 },
      ['a=b'],
      'a',
    ]) {
      const answer = await service.post('/v1/sandboxes', { image: 'atoll-test/busybox:1', labels: bad });
      expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('labels') } });
    }
  });

  it('deletes what has been stopped for longer than it is kept', async () => {
    const brief = await Service.start({ ATOLL_SWEEP_INTERVAL: '200', ATOLL_RETENTION: '1' });
    try {
      const [stopped, running] = [await brief.sandbox(), await brief.sandbox()];
      await stopped.sh('echo output');
      await brief.post(`${stopped.path}/stop`);
      await eventually(
        () => brief.get(stopped.path),
        ({ status }) => status === 404,
        8000,
      );
      await eventually(
        async () => docker('ps', '-aq', '--filter', `name=atoll-${stopped.id}`),
        (ids) => ids === '',
      );
      expect((await brief.get(running.path)).body.status).toBe('running');
    } finally {
      await brief.stop();
    }
  });
});
