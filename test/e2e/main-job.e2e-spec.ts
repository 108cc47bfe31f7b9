import { Service, type Sandbox } from './support/service.js';

/** The main job over both transports: what everything else builds on. */
describe.each(['socket', 'exec'])('the main job by %s', (transport) => {
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await Service.start({ ATOLL_TRANSPORT: transport });
    sandbox = await service.sandbox({ ports: ['3000', '53/udp'], timeout: 600, resources: { memory: 128, cpus: 0.5 } });
  });
  afterAll(() => service.stop());

  it('creates a sandbox and shows it', async () => {
    expect(sandbox.created).toEqual({
      id: expect.stringMatching(/^sb_\w{20}$/),
      name: expect.stringMatching(/^[a-z]+-[a-z]+$/),
      ports: ['3000/tcp', '53/udp'],
    });
    const { status, body } = await service.get(sandbox.path);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: sandbox.id,
      image: 'atoll-test/busybox:1',
      status: 'running',
      running: true,
      ports: ['3000/tcp', '53/udp'],
      resources: { memory: 128, cpus: 0.5 },
      finished_at: null,
    });
    const lifetime = Date.parse(body.expires_at) - Date.parse(body.started_at);
    expect(lifetime).toBe(600_000);
    const byName = await service.get(`/v1/sandboxes/${sandbox.created.name}`);
    expect(byName.body).toEqual(body);
    const list = await service.get('/v1/sandboxes');
    expect(list.body.sandboxes).toContainEqual(
      expect.objectContaining({
        id: sandbox.id,
        name: sandbox.created.name,
        status: 'running',
        state: 'running',
        expires_at: body.expires_at,
      }),
    );
  });

  it('runs a command and waits for it, as an ND-JSON pair', async () => {
    const answer = await service.post(`${sandbox.path}/cmd?wait=true`, { command: 'echo', args: ['hello', '$HOME'] });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const [started, finished] = answer.body;
    expect(started.command).toMatchObject({
      id: expect.stringMatching(/^cmd_\w{20}$/),
      name: 'echo',
      args: ['hello', '$HOME'],
      state: 'running',
      sandbox_id: sandbox.id,
      cwd: '/',
    });
    expect(started.command).not.toHaveProperty('exit_code');
    expect(finished.command).toMatchObject({ id: started.command.id, state: 'exited', exit_code: 0 });
    expect(finished.command.finished_at).toBeGreaterThanOrEqual(started.command.started_at);
    const logs = await service.get(`${sandbox.path}/cmd/${started.command.id}/logs`);
    expect(logs.body).toEqual({ stdout: 'hello $HOME\n', stderr: '', exit_code: 0 });
    const again = await service.get(`${sandbox.path}/cmd/${started.command.id}?wait=true`);
    expect(again.body).toEqual([finished, finished]);
    expect((await service.get(`${sandbox.path}/cmd/${started.command.id}`)).body).toEqual(finished);
  });

  it('starts a command without waiting, lists it and kills it', async () => {
    const { status, body } = await service.post(`${sandbox.path}/cmd`, { command: 'sleep', args: ['1000'] });
    expect(status).toBe(200);
    const { id } = body.command;
    expect(body.command.state).toBe('running');
    const waiting = service.get(`${sandbox.path}/cmd/${id}?wait=true`);
    const killed = await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal: 15 });
    expect(killed.status).toBe(200);
    expect(killed.body.command.id).toBe(id);
    const [, end] = (await waiting).body;
    expect(end.command).toMatchObject({ id, state: 'killed', exit_code: 143, signal: 15 });
    const again = await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal: 15 });
    expect(again).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    const list = await service.get(`${sandbox.path}/cmd`);
    expect(list.body.commands.map((c: { id: string }) => c.id)).toContain(id);
  });

  it('writes, reads, lists and deletes a file', async () => {
    const content = 'Grüße 🌊\r\nno newline at the end';
    expect(await sandbox.write('/tmp/a/b/hello.txt', content)).toMatchObject({
      status: 200,
      body: { path: '/tmp/a/b/hello.txt', status: 'written' },
    });
    expect(await sandbox.read('/tmp/a/b/hello.txt')).toMatchObject({
      status: 200,
      body: { path: '/tmp/a/b/hello.txt', content },
    });
    const list = await sandbox.list('/tmp/a/b');
    expect(list.body.output).toMatch(
      new RegExp(
        `^total \\d+\\n-rw-r--r-- 1 root root ${Buffer.byteLength(content)} [A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d hello.txt\\n$`,
      ),
    );
    expect(list.body.entries).toMatchObject([{ name: 'hello.txt', type: 'file', mode: '0644', owner: 'root' }]);
    expect((await sandbox.run('cat', ['/tmp/a/b/hello.txt'])).stdout).toBe(content);
    expect((await sandbox.remove('/tmp/a')).status).toBe(204);
    expect(await sandbox.read('/tmp/a/b/hello.txt')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect((await sandbox.remove('/tmp/a')).status).toBe(404);
  });

  it('stops and starts it again, files kept, with a fresh expiration', async () => {
    await sandbox.write('/root/kept', 'still here');
    const running = await sandbox.spawn('sleep', ['1000']);
    expect(await service.post(`${sandbox.path}/stop`)).toMatchObject({ status: 200, body: { status: 'stopped' } });
    const stopped = await service.get(sandbox.path);
    expect(stopped.body).toMatchObject({ status: 'stopped', running: false, end_reason: 'user' });
    expect(stopped.body).not.toHaveProperty('expires_at');
    expect((await service.get(`${sandbox.path}/cmd/${running}`)).body.command).toMatchObject({ state: 'killed' });
    expect(await service.post(`${sandbox.path}/stop`)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(await service.post(`${sandbox.path}/cmd`, { command: 'true' })).toMatchObject({ status: 409 });
    expect(await sandbox.read('/root/kept')).toMatchObject({ status: 409 });
    const started = await service.post(`${sandbox.path}/start`);
    expect(started).toMatchObject({ status: 200, body: { status: 'started', ports: ['3000/tcp', '53/udp'] } });
    expect(Date.parse(started.body.expires_at)).toBeGreaterThan(Date.now() + 590_000);
    expect((await sandbox.read('/root/kept')).body.content).toBe('still here');
    expect(await service.post(`${sandbox.path}/start`)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  });

  it('deletes it, and says 204 as often as it is asked', async () => {
    const doomed = await service.sandbox();
    expect((await service.delete(doomed.path)).status).toBe(204);
    expect((await service.get(doomed.path)).status).toBe(404);
    expect((await service.delete(doomed.path)).status).toBe(204);
    expect((await service.delete('/v1/sandboxes/never-was')).status).toBe(204);
  });
});
