import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { engineHost, eventually, Service, type Sandbox } from './support/service.js';
import { TcpGate } from './support/tcp-gate.js';

const TLS_SCRIPT = resolve(import.meta.dirname, '../support/engine-tls.sh');
/** Looked at every 2 s. */
const TOLD_MS = 10_000;
const COUNT = 3000;
/** Goes on for about four seconds, and says something all the time. */
const TALK = `i=0; while [ $i -lt ${COUNT} ]; do echo "line $i of a command that talks on"; i=$((i+1)); [ $((i % 75)) = 0 ] && sleep 0.1; done; exit 7`;
const SAID = Array.from({ length: COUNT }, (_, i) => `line ${i} of a command that talks on\n`).join('');

const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'pipe' });

const readyIs = (service: Service, status: number, part?: string, within = TOLD_MS) =>
  eventually(
    () => service.get('/v1/health/ready'),
    (answer) => answer.status === status && (!part || answer.body.parts[part].status !== 'up'),
    within,
  );
const logSays = (service: Service, words: string) =>
  eventually(
    async () =>
      service
        .logs()
        .split('\n')
        .filter((line) => line.includes(words)).length,
    (lines) => lines > 0,
    TOLD_MS,
  );

/** It talked through the trouble, and all that it said is there. */
async function expectWhole(service: Service, sandbox: Sandbox, id: string): Promise<void> {
  const path = `${sandbox.path}/cmd/${id}`;
  await eventually(
    () => service.get(path),
    ({ status, body }) => status === 200 && body.command.state === 'exited',
    30_000,
  );
  const { body } = await service.get(`${path}/logs`);
  expect(body.exit_code).toBe(7);
  expect(body.stdout === SAID).toBe(true);
}

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
    await logSays(service, 'The container engine can not be reached: its TLS certificate has expired.');
    expect((await service.get('/v1/images')).status).toBe(503);
    gate.certify(server('server-cert.pem'));
    await readyIs(service, 200);
    await logSays(service, 'the container engine is back');
    expect((await sandbox.sh('echo again')).stdout).toBe('again\n');
  });
});
