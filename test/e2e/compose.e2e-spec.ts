import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { docker } from './support/docker.js';
import { ATOLL_IMAGE, BUILD_MS, buildImage, supportScript } from './support/image-build.js';
import { mainJob, outlives } from './support/main-job.js';
import { privilegedOptions } from './support/pod-spec.js';
import { API_KEY, engineHost, eventually, Service } from './support/service.js';
import { loadImage } from './support/tls-engine.js';

const COMPOSE_YAML = resolve(import.meta.dirname, '../../compose.yaml');
const PROJECT = 'atoll-test-compose';
const dir = process.env.ATOLL_TEST_ENGINE_DIR ?? '';

/**
 * compose.yaml by Compose on a real engine. All that is said of the service is as it stands in the file, but for its image, which is made here. Its engine
 * is run by hand: machines that are containers themselves can't give all that `privileged` means, and Compose has no words for less.
 */
describe('compose.yaml', () => {
  let scratch: string;
  let engine: string;

  const compose = (...args: string[]) => {
    const files = [COMPOSE_YAML, join(scratch, 'override.json')].flatMap((file) => ['--file', file]);
    const { PATH = '' } = process.env;
    const env = { PATH, DOCKER_HOST: engineHost(), COMPOSE_API_VERSION: 'auto', ATOLL_API_KEY: API_KEY, PORT: '0' };
    return execFileSync('docker-compose', ['--project-name', PROJECT, ...files, ...args], { env, stdio: 'pipe' })
      .toString()
      .trim();
  };
  const up = () => compose('up', '--no-build', '--no-deps', '--detach', 'atoll');
  const container = () => compose('ps', '--quiet', 'atoll');
  const healthy = async () => {
    const service = Service.at(Number(compose('port', 'atoll', '8080').split(':').at(-1)));
    const health = () => service.get('/v1/health').catch(() => ({ status: 0 }));
    await eventually(health, ({ status }) => status === 200, 60_000);
    return service;
  };

  beforeAll(async () => {
    buildImage();
    scratch = await mkdtemp(join(tmpdir(), 'compose-'));
    await chmod(scratch, 0o755); // the service has a user of its own
    supportScript('engine-tls.sh', [scratch, 'engine,IP:127.0.0.1']);
    // The volume that docker:dind would put its client's certificates in has those that were just made.
    const certificates = { driver_opts: { type: 'none', o: 'bind', device: scratch } };
    const override = { services: { atoll: { image: ATOLL_IMAGE } }, volumes: { 'engine-client': certificates } };
    writeFileSync(join(scratch, 'override.json'), JSON.stringify({ version: '3.9', ...override }));
    up();
    engine = runEngine(scratch);
  }, BUILD_MS);
  afterAll(async () => {
    if (engine) docker('rm', '--force', '--volumes', engine);
    compose('down', '--volumes');
    await rm(scratch, { recursive: true, force: true });
  }, 120_000);

  it('runs the main job, and a command outlives the service’s replacement', { timeout: 240_000 }, async () => {
    const service = await healthy();
    loadImage(Number(docker('port', engine, '2376').split(':').at(-1)), scratch);
    await mainJob(service);
    await outlives(service, () => {
      const before = container();
      compose('rm', '--stop', '--force', 'atoll'); // Compose 1, which Debian has, can't recreate one on engines of today
      up();
      expect(container()).not.toBe(before);
      return healthy();
    });
  });

  it('has its engine told that the service is healthy', async () => {
    const health = () => Promise.resolve(docker('inspect', '--format={{.State.Health.Status}}', container()));
    expect(await eventually(health, (status) => status !== 'starting', 60_000)).toBe('healthy');
  });
});

/** The engine of the file, with certificates that are there already. */
function runEngine(certs: string): string {
  const tls = ['--tlsverify', '--tlscacert=/c/ca.pem', '--tlscert=/c/server-cert.pem', '--tlskey=/c/server-key.pem'];
  const network = [`--network=${PROJECT}_default`, '--network-alias=engine', '--publish=127.0.0.1::2376'];
  const volumes = ['--volume=/var/lib/docker', `--volume=${certs}:/c:ro`];
  const options = ['--detach', '--hostname=engine', ...network, ...volumes, ...privilegedOptions()];
  // Its containers are cleared away with the tests' own engine.
  const command = ['dockerd', '--host=tcp://0.0.0.0:2376', `--cgroup-parent=/${basename(dir)}`, ...tls];
  return docker('run', ...options, 'atoll-test/engine:1', ...command);
}
