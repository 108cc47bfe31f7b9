import { X509Certificate } from 'node:crypto';
import { CHART, find, helm, manifests, NAMESPACE, setJson, type ChartValues, type Manifest } from '../support/helm.js';
import { FakeCluster } from './fake-cluster.js';

const DAY_MS = 86_400_000;
const checksum = (all: Manifest[]) =>
  (find(all, 'Deployment').spec as { template: Manifest }).template.metadata.annotations?.['checksum/secrets'];
const secretsOf = (all: Manifest[]) => all.filter(({ kind }) => kind === 'Secret');
const pem = (all: Manifest[], secret: string, entry: string) =>
  new X509Certificate(Buffer.from((find(all, 'Secret', secret).data as Record<string, string>)[entry], 'base64'));

describe('what the chart generates', () => {
  let cluster: FakeCluster;
  beforeAll(async () => void (cluster = await FakeCluster.start()));
  afterAll(() => cluster.stop());

  /** An installation or an upgrade: Helm asks the cluster what it has. */
  const upgrade = async (values: ChartValues = {}) =>
    manifests(
      await helm(['template', 'demo', CHART, '--namespace', NAMESPACE, ...cluster.options, ...setJson(values)]),
    );

  it('is made at the first installation, and stays over upgrades', async () => {
    cluster.secrets = [];
    const first = await upgrade();
    expect(secretsOf(await upgrade())).not.toEqual(secretsOf(first));
    cluster.secrets = secretsOf(first);
    const second = await upgrade({ 'config.LOG_LEVEL': 'debug' });
    expect(secretsOf(second)).toEqual(secretsOf(first));
    expect(checksum(second)).toBe(checksum(first));
  });

  it('is made anew when half of it is gone, so that both sides fit', async () => {
    const first = await upgrade();
    cluster.secrets = secretsOf(first).filter(({ metadata }) => !metadata.name.endsWith('-server'));
    const next = await upgrade();
    expect(pem(next, '-server', 'ca.pem').fingerprint256).toBe(pem(next, '-client', 'ca.pem').fingerprint256);
    expect(checksum(next)).not.toBe(checksum(first));
  });

  it('gives way to a key that is given', async () => {
    cluster.secrets = secretsOf(await upgrade());
    const before = checksum(await upgrade());
    const given = await upgrade({ 'auth.apiKey': 'key-0123456789abcdef' });
    const data = find(given, 'Secret', 'demo-atoll').data as Record<string, string>;
    expect(Buffer.from(data['api-key'], 'base64').toString()).toBe('key-0123456789abcdef');
    expect(checksum(given)).not.toBe(before);
  });

  it('rolls when a Secret of yours changed', async () => {
    const keys = (value: string): Manifest => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys' },
      data: { 'api-key': Buffer.from(value).toString('base64') },
    });
    const others = secretsOf(await upgrade());
    const seen = async (value: string) => {
      cluster.secrets = [...others, keys(value)];
      return checksum(await upgrade({ 'auth.existingSecret': 'keys' }));
    };
    expect(await seen('one-0123456789abcdef')).toBe(await seen('one-0123456789abcdef'));
    expect(await seen('one-0123456789abcdef')).not.toBe(await seen('two-0123456789abcdef'));
  });

  it('is a certificate for the engine’s names and one for its client, of one authority, for ten years', async () => {
    cluster.secrets = [];
    const all = await upgrade();
    const [ca, server, client] = [
      pem(all, '-server', 'ca.pem'),
      pem(all, '-server', 'server-cert.pem'),
      pem(all, '-client', 'cert.pem'),
    ];
    for (const one of [server, client]) {
      expect(one.verify(ca.publicKey)).toBe(true);
      // OpenSSL takes one that is named as its authority for signed by itself, and refuses it.
      expect(one.subject).not.toBe(ca.subject);
      const days = (Date.parse(one.validTo) - Date.now()) / DAY_MS;
      expect(days).toBeGreaterThan(3640);
    }
    expect(server.checkHost('demo-atoll-engine.team.svc')).toBeDefined();
    expect(server.checkHost('elsewhere.team.svc')).toBeUndefined();
    expect(Object.keys(find(all, 'Secret', '-client').data as object).sort()).toEqual([
      'ca.pem',
      'cert.pem',
      'key.pem',
    ]);
  });
});
