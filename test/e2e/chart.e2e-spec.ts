import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { find, rendered, type ChartValues, type Manifest } from '../support/helm.js';
import { docker } from './support/docker.js';
import { BUILD_MS, buildImage, supportScript } from './support/image-build.js';
import { mainJob, outlives } from './support/main-job.js';
import { Pods } from './support/pods.js';
import { API_KEY, engineHost, Service, type Sandbox } from './support/service.js';
import { loadImage } from './support/tls-engine.js';

const MODE_MS = 240_000;
const TLS_PORT = 2376;
const dir = process.env.ATOLL_TEST_ENGINE_DIR ?? '';
const socket = engineHost().replace('unix://', '');
const BASE: ChartValues = { 'image.repository': 'atoll-test/atoll', 'image.tag': '1', 'auth.apiKey': API_KEY };
/** What an upgrade changes, so that the service's pod is replaced. */
const UPGRADE: ChartValues = { 'config.ATOLL_SHUTDOWN_GRACE': 1000 };

/** The image by itself, in the pods that the chart renders: their environment, mounts and security context. */
describe('the chart’s pods', () => {
  let scratch: string;

  beforeAll(async () => {
    buildImage();
    scratch = await mkdtemp(join(tmpdir(), 'chart-'));
    await chmod(scratch, 0o711);
  }, BUILD_MS);
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('dedicated: the service without privileges, its engine in a container', { timeout: MODE_MS }, async () => {
    const values = {
      'engine.dedicated.image': { repository: 'atoll-test/engine', tag: '1' },
      // Cleared away with the tests' own engine.
      'engine.dedicated.args': [`--cgroup-parent=/${basename(dir)}`],
    };
    const pods = new Pods(join(scratch, 'dedicated'), 'atoll-test-dedicated');
    try {
      const all = await rendered(BASE, values);
      const port = await pods.run(all, 'StatefulSet');
      loadImage(port('engine'), written(find(all, 'Secret', '-engine-client'), join(scratch, 'client')));
      await serves(pods, all, values);
    } finally {
      pods.remove();
    }
  });

  it('hostSocket: the socket transport, by a folder that node and pod share', { timeout: MODE_MS }, async () => {
    const dataDir = join(scratch, 'node');
    const pods = new Pods(join(scratch, 'host'), 'atoll-test-host');
    try {
      const values = {
        'engine.mode': 'hostSocket',
        'engine.hostSocket': { path: socket, gid: statSync(socket).gid, dataDir },
      };
      await serves(pods, await rendered(BASE, values), values, (sandbox) =>
        expect(mountsOf(sandbox)).toContain(`${dataDir}/run/`),
      );
    } finally {
      pods.remove();
    }
  });

  it('remote: an engine elsewhere by TLS, with a Secret of yours', { timeout: MODE_MS }, async () => {
    const certs = join(scratch, 'certs');
    supportScript('engine-tls.sh', [certs, 'engine.test']);
    const server = `--tlsverify --tlscacert ${certs}/ca.pem --tlscert ${certs}/server-cert.pem --tlskey ${certs}/server-key.pem`;
    supportScript('engine', ['restart', dir], { ATOLL_TEST_DOCKERD_ARGS: `-H tcp://0.0.0.0:${TLS_PORT} ${server}` });
    const read = (name: string) => [name, readFileSync(join(certs, name), 'utf8')];
    const client = Object.fromEntries(['ca.pem', 'cert.pem', 'key.pem'].map(read)) as Record<string, string>;
    const pods = new Pods(join(scratch, 'remote'), 'atoll-test-remote', { 'engine-client': client }, [
      '--add-host=engine.test:host-gateway',
    ]);
    try {
      const values = {
        'engine.mode': 'remote',
        'engine.remote.host': `tcp://engine.test:${TLS_PORT}`,
        'engine.remote.tls.existingSecret': 'engine-client',
      };
      await serves(pods, await rendered(BASE, values), values);
    } finally {
      pods.remove();
      supportScript('engine', ['restart', dir]);
    }
  });
});

/** The main job, then an upgrade in the middle of a command. */
async function serves(pods: Pods, before: Manifest[], values: ChartValues, look?: (sandbox: Sandbox) => void) {
  const port = await pods.run(before, 'Deployment');
  await mainJob(Service.at(port('http')), look);
  expect((await fetch(`http://127.0.0.1:${port('metrics')}/metrics`)).status).toBe(200);
  await outlives(Service.at(port('http')), async () => {
    // What is generated stays, as it does in a cluster (test/chart/generated.spec.ts).
    const secrets = before.filter(({ kind }) => kind === 'Secret');
    const after = [...(await rendered(BASE, values, UPGRADE)).filter(({ kind }) => kind !== 'Secret'), ...secrets];
    expect(template(after, 'Deployment')).not.toEqual(template(before, 'Deployment'));
    if (before.some(({ kind }) => kind === 'StatefulSet'))
      expect(template(after, 'StatefulSet')).toEqual(template(before, 'StatefulSet'));
    return Service.at((await pods.run(after, 'Deployment'))('http'));
  });
}

const template = (all: Manifest[], kind: string) => (find(all, kind).spec as { template: object }).template;
const mountsOf = (sandbox: Sandbox) => docker('inspect', '--format={{json .Mounts}}', `atoll-${sandbox.id}`);

/** Writes the certificate that the chart made for the service into a folder, and gives that. */
function written(client: Manifest, certs: string): string {
  mkdirSync(certs, { recursive: true });
  for (const [name, value] of Object.entries(client.data as Record<string, string>))
    writeFileSync(join(certs, name), Buffer.from(value, 'base64'));
  return certs;
}
