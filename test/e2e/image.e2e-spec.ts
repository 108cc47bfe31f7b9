import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { docker } from './support/docker.js';
import { ATOLL_IMAGE, BUILD_MS, buildImage, supportScript as bash } from './support/image-build.js';
import { ImageService } from './support/image-service.js';
import { mainJob } from './support/main-job.js';
import { engineHost, eventually, type Sandbox } from './support/service.js';

const ROOT = resolve(import.meta.dirname, '../..');
const BOOT_MS = 120_000;
/** What the service adds to its base. */
const MAX_BYTES = 80_000_000;
const USER = 10_001;
const TLS_PORT = 2376;

const dir = process.env.ATOLL_TEST_ENGINE_DIR ?? '';
const socket = engineHost().replace('unix://', '');

/** Run inside: bytes of all files there. Engines count an image's size in ways of their own. */
const FILES = `const { readdirSync, lstatSync } = require('fs');
  const of = (dir) => readdirSync(dir, { withFileTypes: true }).reduce((sum, entry) => {
    const path = dir + '/' + entry.name;
    return sum + (entry.isDirectory() ? (/^\\/\\/(proc|sys|dev|data)$/.test(path) ? 0 : of(path)) : lstatSync(path).size);
  }, 0);
  console.log(of('/'))`;
const bytesOf = (image: string) => Number(docker('run', '--rm', '--entrypoint=node', image, '-e', FILES));

/** The image by itself: built from the Dockerfile, without BuildKit, on bases of this machine; no source tree beside it. */
describe('the image', () => {
  let scratch: string;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'image-'));
    buildImage();
  }, BUILD_MS);
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('says who it is, runs as nobody in particular, and is small', () => {
    const of = (image: string) => JSON.parse(docker('image', 'inspect', '--format={{json .}}', image)) as ImageDetail;
    const { Config } = of(ATOLL_IMAGE);
    expect(Config).toMatchObject({
      User: `${USER}:${USER}`,
      StopSignal: 'SIGTERM',
      ExposedPorts: { '8080/tcp': {}, '9464/tcp': {} },
      Labels: {
        'org.opencontainers.image.title': 'Atoll',
        'org.opencontainers.image.licenses': 'Apache-2.0',
        'org.opencontainers.image.version': version(),
        'org.opencontainers.image.revision': 'abc',
      },
    });
    expect(Config.Healthcheck?.Test[0]).toBe('CMD');
    expect(bytesOf(ATOLL_IMAGE) - bytesOf('atoll-test/node-base:1')).toBeLessThan(MAX_BYTES);
  });

  it('has the packages of the lockfile that the service runs with, and no others', () => {
    const wanted = Object.entries(lockfile().packages)
      .filter(([path, { dev, optional, devOptional }]) => path && !dev && !optional && !devOptional)
      .map(([path]) => path)
      .filter((path) => !/^node_modules\/(typescript$|@types\/)/.test(path));
    const list = `const { packages } = JSON.parse(require('fs').readFileSync('node_modules/.package-lock.json'));
      console.log(JSON.stringify(Object.keys(packages).filter((path) => require('fs').existsSync(path))))`;
    const there = JSON.parse(docker('run', '--rm', ATOLL_IMAGE, '-e', list)) as string[];
    expect(there.sort()).toEqual(wanted.sort());
  });

  it('refuses to start without a key, with a sentence', () => {
    expect(() => docker('run', '--rm', ATOLL_IMAGE)).toThrow('ATOLL_API_KEY is required.');
  });

  it('does the main job by an engine’s socket, and ends in peace', { timeout: BOOT_MS }, async () => {
    // At the same place in the container and on the host: so the engine can mount what the service makes there.
    const data = join(scratch, 'data');
    const run = await ImageService.run([
      `--group-add=${statSync(socket).gid}`,
      `--volume=${socket}:/var/run/docker.sock`,
      `--volume=${await owned(data)}:${data}`,
      `--env=ATOLL_DATA_DIR=${data}`,
      '--health-interval=1s',
    ]);
    try {
      await mainJob(run.service, (sandbox) => expect(mountsOf(sandbox)).toContain(`${data}/run/`));
      const health = () => Promise.resolve(run.inspect('{{.State.Health.Status}}'));
      await eventually(health, (status) => status === 'healthy', 60_000);
      expect(run.stop()).toBe(0);
    } finally {
      run.remove();
    }
  });

  it('does the main job by TCP and TLS', { timeout: BOOT_MS }, async () => {
    const certs = join(scratch, 'certs');
    bash('engine-tls.sh', [certs, 'engine.test']);
    const server = `--tlsverify --tlscacert ${certs}/ca.pem --tlscert ${certs}/server-cert.pem --tlskey ${certs}/server-key.pem`;
    bash('engine', ['restart', dir], { ATOLL_TEST_DOCKERD_ARGS: `-H tcp://0.0.0.0:${TLS_PORT} ${server}` });
    await chmod(scratch, 0o711);
    let run: ImageService | undefined;
    try {
      run = await ImageService.run([
        '--add-host=engine.test:host-gateway',
        `--volume=${certs}:/certs:ro`,
        '--volume=/data',
        `--env=DOCKER_HOST=tcp://engine.test:${TLS_PORT}`,
        '--env=DOCKER_TLS_VERIFY=1',
        '--env=DOCKER_CERT_PATH=/certs',
      ]);
      await mainJob(run.service, (sandbox) => expect(mountsOf(sandbox)).not.toContain('/run/sb_'));
      expect(run.stop()).toBe(0);
    } finally {
      run?.remove();
      bash('engine', ['restart', dir]);
    }
  });
});

const mountsOf = (sandbox: Sandbox) => docker('inspect', '--format={{json .Mounts}}', `atoll-${sandbox.id}`);

interface ImageDetail {
  Config: { Healthcheck?: { Test: string[] } };
}

interface Lockfile {
  packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>;
}

const lockfile = () => JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lockfile;
const version = () => (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;

/** A folder that belongs to the image's user. */
async function owned(path: string): Promise<string> {
  execFileSync('mkdir', ['-p', path]);
  await chown(path, USER, USER);
  return path;
}
