import { rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { docker } from './support/docker.js';
import { eventually, Service, type Sandbox } from './support/service.js';

/** What code inside can not do, and what an image can not change. */
describe('the fence', () => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service.stop());

  describe('of a sandbox', () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      sandbox = await service.sandbox({ ports: ['8080'], resources: { memory: 96, cpus: 0.5 } });
    });

    it('has least capabilities, no new privileges, seccomp, limits and no swap', async () => {
      const host = JSON.parse(docker('inspect', '--format', '{{json .HostConfig}}', `atoll-${sandbox.id}`));
      expect(host).toMatchObject({
        CapDrop: ['ALL'],
        Privileged: false,
        Memory: 96 * 1024 * 1024,
        MemorySwap: 96 * 1024 * 1024,
        NanoCpus: 5e8,
      });
      expect(host.CapAdd.map((name: string) => name.replace('CAP_', '')).sort()).toEqual([
        'CHOWN',
        'DAC_OVERRIDE',
        'FOWNER',
        'KILL',
        'SETGID',
        'SETPCAP',
        'SETUID',
      ]);
      expect(host.PidsLimit).toBeGreaterThan(0);
      expect(host.SecurityOpt.join()).toMatch(/no-new-privileges/);
      expect(host.LogConfig.Config['max-size']).toBeTruthy();
      expect(host.PortBindings['8080/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: '' }]);
      const { stdout } = await sandbox.sh('grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status');
      const status = Object.fromEntries(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.split(':').map((part) => part.trim())),
      );
      const SETPCAP = 1n << 8n;
      expect(status.NoNewPrivs).toBe('1');
      expect(status.Seccomp).toBe('2');
      expect(BigInt(`0x${status.CapBnd}`) & SETPCAP).toBe(0n);
      expect(BigInt(`0x${status.CapEff}`)).toBe(0b11101011n); // CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID
    });

    it('keeps the secret from root inside', async () => {
      const secret = /ATOLL_SECRET=(\w{64})/.exec(
        docker('inspect', '--format', '{{json .Config.Env}}', `atoll-${sandbox.id}`),
      )?.[1];
      expect(secret).toMatch(/^[0-9a-f]{64}$/);
      const { stdout, stderr } = await sandbox.sh(
        'env; cat /proc/1/environ; head -c 1 /proc/1/mem; ls /proc/1/fd; cat /proc/self/environ; grep -r . /.atoll-spool 2>&1',
      );
      expect(stdout + stderr).not.toContain(secret);
      expect(stderr).toMatch(/environ.*(denied|permitted)/i);
    });

    it('can write neither the agent nor its socket', async () => {
      const { stdout } = await sandbox.sh(
        'echo x >/.atoll/bin/agent || echo no; rm -f /.atoll/run/agent.sock || echo no; mv /.atoll/run /tmp/run || echo no; mv /.atoll /x || echo no; kill -9 1; echo alive',
      );
      expect(stdout).toBe('no\nno\nno\nno\nalive\n');
      expect((await sandbox.sh('echo still')).stdout).toBe('still\n');
    });

    it('survives a memory hog, which ends as oom, and a fork bomb', async () => {
      const hog = await sandbox.sh('x=a; while :; do x=$x$x$x$x; done');
      expect(hog.command).toMatchObject({ state: 'killed', exit_code: 137, end_reason: 'oom' });
      const bomb = await sandbox.spawn('sh', ['-c', 'bomb() { bomb | bomb & }; bomb; sleep 100']);
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect((await service.get(`${sandbox.path}/cmd/${bomb}`)).status).toBe(200);
      expect((await sandbox.write('/tmp/during', 'x')).status).toBe(200);
      expect((await service.post(`${sandbox.path}/stop`)).status).toBe(200);
      expect((await service.post(`${sandbox.path}/start`)).status).toBe(200);
      expect((await sandbox.sh('echo alive')).stdout).toBe('alive\n');
    });

    it('can not reach another sandbox', async () => {
      const other = await service.sandbox();
      await other.spawn('nc', ['-l', '-p', '9999']);
      const address = docker(
        'inspect',
        '--format',
        '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
        `atoll-${other.id}`,
      );
      expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect((await other.sh(`nc -w 2 ${address} 9999 </dev/null && echo reached`)).stdout).toBe('reached\n');
      await other.spawn('nc', ['-l', '-p', '9999']);
      const { stdout, command } = await sandbox.sh(`nc -w 2 ${address} 9999 </dev/null && echo reached`);
      expect(stdout).toBe('');
      expect(command.exit_code).not.toBe(0);
    });
  });

  describe('of images', () => {
    it('works in an image that holds one static binary and nothing else', async () => {
      const sandbox = await service.sandbox({ image: 'atoll-test/scratch:1' });
      const { stdout, command } = await sandbox.run('/probe', ['args', 'a b', '$x']);
      expect(command).toMatchObject({ state: 'exited', exit_code: 0 });
      expect(stdout).toBe('a b\n$x\n');
      expect((await sandbox.run('/probe', ['exit', '42'])).command.exit_code).toBe(42);
      expect((await sandbox.run('/probe', ['signal', '15'])).command).toMatchObject({
        state: 'killed',
        exit_code: 143,
      });
      expect((await sandbox.write('/data/file.txt', 'content')).status).toBe(200);
      expect((await sandbox.read('/data/file.txt')).body.content).toBe('content');
      expect((await sandbox.list('/')).body.entries.map((entry: { name: string }) => entry.name)).toEqual(
        expect.arrayContaining(['data', 'probe']),
      );
      expect((await sandbox.remove('/data')).status).toBe(204);
      expect((await service.post(`${sandbox.path}/cmd`, { command: 'sh' })).body.command).toMatchObject({
        state: 'failed',
        exit_code: 127,
      });
      const sleeping = await sandbox.spawn('/probe', ['sleep', '100']);
      await service.post(`${sandbox.path}/cmd/${sleeping}/kill`, { signal: 15 });
      await eventually(
        () => service.get(`${sandbox.path}/cmd/${sleeping}`),
        ({ body }) => body.command.state === 'killed',
      );
    });

    it('takes nothing of the image but its files, environment, user and working directory', async () => {
      const sandbox = await service.sandbox({ image: 'atoll-test/odd:1', env: ['ADDED=1', 'GREETING=mine'] });
      const config = JSON.parse(docker('inspect', '--format', '{{json .Config}}', `atoll-${sandbox.id}`));
      const { Env: env, ...agent } = config as { Env: string[] };
      // A name without a value removes what the image has.
      const given = env.filter((line) => line.includes('=')).map((line) => line.split('=', 1)[0]);
      expect(given.filter((name) => !name.startsWith('ATOLL_'))).toEqual([]);
      expect(JSON.stringify(agent)).not.toMatch(/hello from the image|entrypoint\/|SIGQUIT/);
      const { stdout } = await sandbox.run('sh', ['-c', 'id -un; pwd; echo "$GREETING|$ADDED|$GODEBUG|$HOME"']);
      expect(stdout).toBe('app\n/work dir\nmine|1|inittrace=1,gctrace=1|/odd\n');
      await sandbox.write('/volume/../tmp/made-by-api', 'x');
      const { stdout: listing } = await sandbox.run('ls', ['-ln', '/tmp/made-by-api']);
      expect(listing).toMatch(/^-rw-r--r--\s+1 1000 +1000/);
      expect(await sandbox.write('/etc/passwd', 'x')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      const begun = Date.now();
      await service.post(`${sandbox.path}/stop`);
      expect(Date.now() - begun).toBeLessThan(3000);
    });

    it('refuses an image that has a link where our mounts belong', async () => {
      const id = docker('create', 'atoll-test/busybox:1', 'true');
      const link = `${tmpdir()}/.atoll`;
      symlinkSync('/tmp', link);
      try {
        docker('cp', link, `${id}:/.atoll`);
        docker('commit', id, 'atoll-test/link:1');
        const answer = await service.post('/v1/sandboxes', { image: 'atoll-test/link:1' });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect((await service.get('/v1/sandboxes')).body.sandboxes).not.toContainEqual(
          expect.objectContaining({ image: 'atoll-test/link:1' }),
        );
      } finally {
        rmSync(link);
        docker('rm', '-f', id);
        docker('rmi', '-f', 'atoll-test/link:1');
      }
    });

    it('runs a whole distribution', async () => {
      const sandbox = await service.sandbox({ image: 'atoll-test/debian:1' });
      const { stdout } = await sandbox.run('bash', [
        '-c',
        'set -o pipefail; echo "${BASH_VERSION%%.*}"; su nobody -s /bin/sh -c id',
      ]);
      expect(stdout).toMatch(/^5\nuid=65534\(nobody\)/);
    });
  });

  it('shows and touches nothing that is not ours', async () => {
    const stranger = docker('run', '-d', '--name', 'stranger', 'atoll-test/busybox:1', 'sleep', '1000');
    try {
      const before = (await service.get('/v1/sandboxes')).body.sandboxes as { id: string }[];
      expect(before.some(({ id }) => stranger.startsWith(id))).toBe(false);
      for (const id of ['stranger', stranger, stranger.slice(0, 12)]) {
        expect((await service.get(`/v1/sandboxes/${id}`)).status).toBe(404);
        expect((await service.post(`/v1/sandboxes/${id}/cmd`, { command: 'true' })).status).toBe(404);
        expect((await service.post(`/v1/sandboxes/${id}/stop`)).status).toBe(404);
        expect((await service.delete(`/v1/sandboxes/${id}`)).status).toBe(204);
      }
      expect(docker('inspect', '--format', '{{.State.Running}}', 'stranger')).toBe('true');
    } finally {
      docker('rm', '-f', 'stranger');
    }
  });

  it('works from a data directory that is deeper than a socket path may be', async () => {
    const { mkdtemp, mkdir } = await import('node:fs/promises');
    const base = await mkdtemp('/tmp/atoll-e2e-');
    const deep = `${base}/${'deep-'.repeat(20)}/${'deeper-'.repeat(20)}`;
    await mkdir(deep, { recursive: true });
    const other = await Service.start({ ATOLL_DATA_DIR: deep, ATOLL_TRANSPORT: 'socket' });
    try {
      const sandbox = await other.sandbox();
      expect((await sandbox.sh('echo deep')).stdout).toBe('deep\n');
    } finally {
      await other.stop();
    }
  });
});

describe('expiry', () => {
  it('stops what is due, not what is not, and not by a timer that a restart forgets', async () => {
    const service = await Service.start({ ATOLL_SWEEP_INTERVAL: '200' });
    try {
      const [short, long] = await Promise.all([service.sandbox({ timeout: 6 }), service.sandbox({ timeout: 600 })]);
      const id = await short.spawn('sleep', ['1000']);
      await service.kill('SIGKILL');
      await service.boot();
      const detail = await eventually(
        () => service.get(short.path),
        ({ body }) => body.status === 'stopped',
        30_000,
      );
      expect(detail.body).toMatchObject({ end_reason: 'expired', running: false });
      expect(Date.parse(detail.body.finished_at)).toBeGreaterThanOrEqual(Date.parse(detail.body.started_at) + 6000);
      expect((await service.get(`${short.path}/cmd/${id}`)).body.command.state).toBe('killed');
      expect((await service.get(long.path)).body).toMatchObject({ status: 'running' });
    } finally {
      await service.stop();
    }
  });
});
