import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, rm, statfs, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { API_KEY, engineHost, freePort, IMAGE, Service, type Sandbox } from './support/service.js';
import { TcpGate } from './support/tcp-gate.js';
import { expectWhole, logSays, readyIs, TALK } from './support/trouble.js';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');
const DOOR = resolve(import.meta.dirname, '../support/tls-door/main.go');
const TLS_SCRIPT = resolve(import.meta.dirname, '../support/engine-tls.sh');
const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'pipe' });

describe('trouble of the data directory', () => {
  let place: string;
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'disk-'));
    run('mount', '-t', 'tmpfs', '-o', 'size=32m,mode=0700', 'tmpfs', place);
    const ATOLL_DATA_DIR = join(place, 'data');
    service = await Service.start({ ATOLL_DATA_DIR, ATOLL_MIN_FREE_DISK: String(8 << 20) });
    sandbox = await service.sandbox();
  });
  afterAll(async () => {
    await service.stop();
    run('umount', place);
    await rm(place, { recursive: true });
  });

  it('one that became read-only is told, and what is said meanwhile is kept', { timeout: 60_000 }, async () => {
    const { dataDir } = service;
    // A file system that is in use can't be made read-only; what is opened by its path from now on meets this one.
    run('mount', '--bind', dataDir, dataDir);
    let mounted = true;
    try {
      run('mount', '-o', 'remount,bind,ro', dataDir);
      const talking = await sandbox.spawn('sh', ['-c', TALK]);
      const wrong = await readyIs(service, 503);
      expect(wrong.body.error).toBe('the data directory is read-only');
      await logSays(service, '"msg":"the data directory is read-only"');
      expect((await service.get('/v1/health')).status).toBe(200);
      run('umount', dataDir);
      mounted = false;
      await readyIs(service, 200);
      await logSays(service, 'well again: the data directory is read-only, until now');
      await expectWhole(service, sandbox, talking);
    } finally {
      if (mounted) run('umount', dataDir);
    }
  });

  it('one that becomes full is told before and then, and what is said meanwhile is kept', async () => {
    const filling = join(place, 'of-somebody-else');
    const fill = async (leave: number) => {
      const { bavail, bsize } = await statfs(place);
      run('fallocate', '-l', String(bavail * bsize - leave), filling);
    };
    await fill(4 << 20);
    const low = await readyIs(service, 200, 'data_directory');
    const why = 'little space is left for the data directory';
    expect(low.body.parts.data_directory).toEqual({ status: 'degraded', message: why });
    await logSays(service, why);

    const talking = await sandbox.spawn('sh', ['-c', TALK]);
    await rm(filling);
    await fill(0);
    const wrong = await readyIs(service, 503, 'data_directory');
    expect(wrong.body.error).toBe('the data directory is full');
    await logSays(service, '"msg":"the data directory is full"');
    expect((await service.get('/v1/health')).status).toBe(200);
    expect((await sandbox.read('/etc/passwd')).status).toBe(200);
    // The embedded store's log is longer than what one row takes, so that some rows still find a place.
    const statuses = new Set<number>();
    for (let i = 0; i < 30 && !statuses.has(507); i++) {
      const env = [`BIG=${'x'.repeat(60_000)}`];
      const { status, body } = await service.post('/v1/sandboxes', { image: IMAGE, env });
      statuses.add(status);
      if (status === 507) expect(body.code).toBe('INSUFFICIENT_STORAGE');
    }
    expect(statuses).toContain(507);
    expect([...statuses].filter((status) => status !== 201 && status !== 507)).toEqual([]);

    await truncate(filling, 0);
    await readyIs(service, 200);
    await logSays(service, 'well again: the data directory is full, until now');
    await expectWhole(service, sandbox, talking);
    expect((await service.post('/v1/sandboxes', { image: IMAGE })).status).toBe(201);
  }, 90_000);
});

describe('a data directory that is of no use from the start', () => {
  let place: string;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'disk-'));
    run('mount', '-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', place);
  });
  afterAll(async () => {
    run('umount', place);
    await rm(place, { recursive: true });
  });

  /** All that it says, and its exit code. */
  async function start(dataDir: string): Promise<[code: number | null, said: string]> {
    const env = { ATOLL_API_KEY: API_KEY, ATOLL_DATA_DIR: dataDir, PORT: String(await freePort()) };
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN], {
      env: { ...env, ATOLL_METRICS_PORT: '0' },
    });
    return [status, stdout.toString() + stderr.toString()];
  }

  it('is one sentence and an exit code, whatever is wrong', { timeout: 60_000 }, async () => {
    const unusable = (dataDir: string, why: string) =>
      `ATOLL_DATA_DIR: ${dataDir} ${why}. Mend that, or set it to another directory.\n`;
    run('fallocate', '-l', '1M', join(place, 'full'));
    expect(await start(place)).toEqual([1, unusable(place, 'is full')]);
    await truncate(join(place, 'full'), 980 << 10);
    expect(await start(place)).toEqual([
      1,
      "No space is left for the service's database. (database or disk is full)\n",
    ]);
    run('mount', '-o', 'remount,ro', place);
    expect(await start(place)).toEqual([1, unusable(place, 'is read-only')]);
    expect(await start('/dev/null/x')).toEqual([1, unusable('/dev/null/x', 'can not be made or written (ENOTDIR)')]);
  });
});

describe('an engine behind TLS', () => {
  const NAME = 'localhost';
  let place: string;
  let gate: TcpGate;
  let service: Service;
  const pem = (name: string) => execFileSync('cat', [join(place, name)]);
  const server = (certificate: string) => ({ ca: pem('ca.pem'), key: pem('server-key.pem'), cert: pem(certificate) });

  /** Signs a key again, for as many days: none is up as soon as it is there. */
  function sign(key: string, certificate: string, subject: string, days: number, extension: string): void {
    const script = `cd "$1" && openssl req -new -key "$2" -subj "/CN=$4" |
      openssl x509 -req -CA ca.pem -CAkey ca-key.pem -set_serial "$RANDOM" -days "$5" -extfile <(printf "$6") -out "$3"`;
    run('bash', '-ec', script, 'sign', place, key, certificate, subject, String(days), extension);
  }
  const HOST = `subjectAltName=DNS:${NAME}\\nextendedKeyUsage=serverAuth`;

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'tls-'));
    run('bash', TLS_SCRIPT, place, NAME);
    sign('server-key.pem', 'expired-server.pem', NAME, 0, HOST);
    const path = engineHost().replace('unix://', '');
    gate = await TcpGate.before(
      { path },
      { ...server('server-cert.pem'), requestCert: true, rejectUnauthorized: true },
    );
    service = await Service.start({
      DOCKER_HOST: `tcp://${NAME}:${gate.port}`,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: place,
    });
  });
  afterAll(async () => {
    await service.stop();
    await gate.shut();
    await rm(place, { recursive: true });
  });

  it('whose certificate expires is told as that, and is back with a new one', { timeout: 60_000 }, async () => {
    const sandbox = await service.sandbox();
    gate.certify(server('expired-server.pem'));
    gate.throwOut();
    const why = 'the container engine can not be reached: its TLS certificate has expired';
    const wrong = await readyIs(service, 503, 'engine');
    expect(wrong.body).toMatchObject({ error: why, parts: { engine: { status: 'down', message: why } } });
    expect(await service.get('/v1/health')).toMatchObject({ status: 503, body: { error: why } });
    // In the words of whoever watches the engine: others meet the trouble, and say so, before.
    await logSays(service, '"msg":"The container engine can not be reached: its TLS certificate has expired."');
    expect((await service.get('/v1/images')).status).toBe(503);
    gate.certify(server('server-cert.pem'));
    await readyIs(service, 200);
    await logSays(service, 'the container engine is back');
    expect((await sandbox.sh('echo again')).stdout).toBe('again\n');
  });

  it(
    'that says that ours has expired is told as that, and taken again with a new one',
    { timeout: 60_000 },
    async () => {
      await copyFile(join(place, 'cert.pem'), join(place, 'good.pem'));
      sign('key.pem', 'cert.pem', 'client', 0, 'extendedKeyUsage=clientAuth');
      const port = await freePort();
      // It says why not, as dockerd does; Node's server only hangs up.
      const program = join(place, 'tls-door');
      run('go', 'build', '-o', program, DOOR);
      const door = spawn(program, [`127.0.0.1:${port}`, engineHost().replace('unix://', ''), place], {
        stdio: 'ignore',
      });
      const host = { DOCKER_HOST: `tcp://${NAME}:${port}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: place };
      const other = await Service.startUnhealthy(host);
      try {
        const why = 'it says that our TLS certificate, cert.pem, has expired';
        const wrong = await readyIs(other, 503, 'engine');
        expect(wrong.body.error).toBe(`the container engine can not be reached: ${why}`);
        await logSays(other, `"msg":"The container engine can not be reached: ${why}."`);
        await copyFile(join(place, 'good.pem'), join(place, 'cert.pem'));
        await readyIs(other, 200);
        await logSays(other, 'the container engine is back');
        const sandbox = await other.sandbox();
        expect((await sandbox.sh('echo here')).stdout).toBe('here\n');
      } finally {
        await other.stop();
        door.kill();
      }
    },
  );
});
