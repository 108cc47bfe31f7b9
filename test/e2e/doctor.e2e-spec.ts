import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { engineHost, freePort, Service } from './support/service.js';

const DOCTOR = resolve(import.meta.dirname, '../../bin/doctor');

interface Verdict {
  code: number;
  output: string;
}

describe('bin/doctor', () => {
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    env = {
      PATH: process.env.PATH!,
      HOME: process.env.HOME ?? '/root',
      DOCKER_HOST: engineHost(),
      ATOLL_DATA_DIR: join(folder, 'not/made/yet'),
      PORT: String(await freePort()),
      ATOLL_METRICS_PORT: String(await freePort()),
    };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** As somebody would run it from another folder. */
  function doctor(more: Record<string, string> = {}, command = ['bash', DOCTOR]): Promise<Verdict> {
    const { promise, resolve: answer } = Promise.withResolvers<Verdict>();
    const [file, ...args] = command;
    execFile(file, args, { cwd: '/', env: { ...env, ...more }, timeout: 30_000 }, (error, stdout, stderr) =>
      answer({ code: error ? Number(error.code ?? 99) : 0, output: stdout + stderr }),
    );
    return promise;
  }

  /** An engine that says of itself what is given: what no engine here can be made to say. */
  async function engineThatSays(info: Record<string, unknown>) {
    const all = { ServerVersion: '29.0.1', OSType: 'linux', CgroupVersion: '2', Driver: 'overlay2' };
    const limits = { MemoryLimit: true, SwapLimit: true, CpuCfsQuota: true, PidsLimit: true };
    const answer = JSON.stringify({ ...all, ...limits, SecurityOptions: ['name=seccomp,profile=builtin'], ...info });
    const server = createHttpServer((request, response) => response.end(request.url === '/_ping' ? 'OK' : answer));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return { DOCKER_HOST: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  it('finds nothing missing on a machine that can run Atoll, and changes nothing', async () => {
    const { code, output } = await doctor();
    expect(output).toMatch(/^ok {5} engine \d+\.\d+\S* at unix:\S+ \(cgroup v\d, \S+\)$/m);
    for (const what of [
      'Linux on',
      'root',
      'programs: curl',
      'Node v',
      'Go: /',
      'memory:',
      'disk:',
      'the data directory',
    ])
      expect(output).toContain(`ok      ${what}`);
    expect(output).toContain(`ok      port ${env.PORT} is free`);
    expect(output).toContain('Next: bin/up');
    expect(output).not.toMatch(/^missing|\u001b/m);
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'not'))).toBe(false);
  });

  it('tells of ports that are taken: of the API’s, and of that for metrics, which is not needed', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const api = await doctor({ PORT: String(port) });
      expect(api.output).toMatch(
        new RegExp(`^missing port ${port}: another program listens there\\n +→ .*bin/up --port ${port + 1}`, 'm'),
      );
      expect(api.output).toContain('1 missing.');
      expect(api.code).toBe(1);
      const metrics = await doctor({ ATOLL_METRICS_PORT: String(port) });
      expect(metrics.output).toMatch(new RegExp(`^note {4}port ${port}, for metrics`, 'm'));
      expect(metrics.code).toBe(0);
    } finally {
      other.close();
    }
  });

  it('tells of an engine that does not answer', async () => {
    const { code, output } = await doctor({ DOCKER_HOST: 'unix:///nowhere.sock' });
    expect(output).toMatch(/^missing an engine at DOCKER_HOST=unix:\/\/\/nowhere.sock\n +→ Start that engine/m);
    expect(code).toBe(1);
  });

  it('tells of programs that are not there, and in which package they are', async () => {
    const path = join(folder, 'few');
    await mkdir(path);
    const kept = ['bash', 'awk', 'cat', 'dirname', 'df', 'grep', 'head', 'id', 'sort', 'stat', 'tail', 'tr', 'uname'];
    for (const name of kept) await symlink(`/usr/bin/${name}`, join(path, name));
    const { code, output } = await doctor({ PATH: path }, ['/usr/bin/bash', DOCTOR]);
    expect(output).toContain('ok      root, without apt-get');
    for (const [program, inPackage] of [
      ['curl', 'curl'],
      ['flock', 'util-linux'],
      ['node', 'nodejs'],
    ])
      expect(output).toMatch(
        new RegExp(`^missing ${program}\\n +→ Install it: it is in the package ${inPackage} `, 'm'),
      );
    expect(output).toContain('it can not be asked without curl');
    expect(code).toBe(1);
  });

  it('tells somebody who is not root what only root could mend', async () => {
    const mine = await mkdtemp(join(tmpdir(), 'doctor-root-'));
    onTestFinished(() => rm(mine, { recursive: true, force: true }));
    const { DOCKER_HOST: _, ...others } = env;
    const command = ['runuser', '-u', 'nobody', '--', 'env', '-u', 'DOCKER_HOST', 'HOME=/nonexistent', 'bash', DOCTOR];
    const { code, output } = await doctor({ ...others, ATOLL_DATA_DIR: mine }, command);
    expect(output).toContain('nobody, not root');
    expect(output).toMatch(/^missing (a Docker engine: |the right to use the engine at )/m);
    expect(output).toMatch(/^missing the data directory \S+ can not be written by nobody/m);
    expect(output).toMatch(/^note {4}bin\/test: agent, contract and e2e .* needs root\n +→ sudo bin\/test/m);
    expect(code).toBe(1);
  });

  it.each([
    [{ PidsLimit: false, MemoryLimit: false }, /^missing limits on memory, processes$/m, 1],
    [{ SwapLimit: false }, /^note {4}limits on swap do not hold here$/m, 0],
    [{ ServerVersion: '19.03.15' }, /^note {4}engine 19\.03\.15 at .*\n +→ Atoll is tested with 20\.10 and newer/m, 0],
    [{ ServerVersion: '20.10.24+dfsg1' }, /^ok {6}engine 20\.10\.24\+dfsg1/m, 0],
    [{ SecurityOptions: [] }, /^note {4}seccomp: this engine does not have it/m, 0],
    [{ OSType: 'windows' }, /^missing an engine with Linux containers$/m, 1],
  ])('judges an engine by what it says: %j', async (info, line, expected) => {
    const { code, output } = await doctor(await engineThatSays(info));
    expect(output).toMatch(line);
    expect(code).toBe(expected);
  });

  it('knows the service that runs already', async () => {
    const service = await Service.start();
    try {
      const { code, output } = await doctor({ ATOLL_DATA_DIR: service.dataDir, PORT: String(service.port) });
      expect(output).toContain(`ok      ports: the service runs already (pid ${service.pid}, port ${service.port})`);
      expect(code).toBe(0);
    } finally {
      await service.stop();
    }
  });

  it('explains itself, and takes nothing that it does not know', async () => {
    const help = await doctor({}, ['bash', DOCTOR, '--help']);
    expect(help).toEqual({ code: 0, output: expect.stringContaining('Exits with 0 when nothing is missing') });
    const wrong = await doctor({}, ['bash', DOCTOR, '--fix']);
    expect(wrong).toEqual({ code: 1, output: expect.stringContaining('bin/doctor knows no --fix') });
  });
});
