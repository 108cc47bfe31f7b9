import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerAddress } from './docker-address.js';

describe('dockerAddress', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'atoll-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const engine = (host?: string, tls: { tlsVerify?: boolean; certPath?: string } = {}) => ({
    host,
    tlsVerify: tls.tlsVerify ?? false,
    certPath: tls.certPath,
    timeoutMs: 1000,
  });

  it('takes the first of the usual sockets that is there', () => {
    const [first, second] = [join(folder, 'a'), join(folder, 'b')];
    writeFileSync(second, '');
    expect(dockerAddress(engine(), [first, second]).socketPath).toBe(second);
    writeFileSync(first, '');
    expect(dockerAddress(engine(), [first, second]).socketPath).toBe(first);
  });

  it('names the first usual socket when none is there, for it may come', () => {
    expect(dockerAddress(engine(), ['/nope/a', '/nope/b']).socketPath).toBe('/nope/a');
  });

  it.each([
    ['unix:///x/docker.sock', { protocol: 'http', socketPath: '/x/docker.sock' }],
    ['tcp://host:1234', { protocol: 'http', host: 'host', port: 1234 }],
    ['tcp://host', { protocol: 'http', host: 'host', port: 2375 }],
    ['host:1234', { protocol: 'http', host: 'host', port: 1234 }],
    ['http://10.0.0.1:80', { protocol: 'http', host: '10.0.0.1', port: 80 }],
    ['https://host:443', { protocol: 'https', host: 'host', port: 443 }],
  ])('reads %s', (host, address) => {
    expect(dockerAddress(engine(host))).toEqual(address);
  });

  it('reads the certificates for TLS, and says which is missing', () => {
    for (const name of ['ca.pem', 'cert.pem']) writeFileSync(join(folder, name), name);
    const tls = engine('tcp://host', { tlsVerify: true, certPath: folder });
    expect(() => dockerAddress(tls)).toThrow(/DOCKER_CERT_PATH.*key\.pem/);
    writeFileSync(join(folder, 'key.pem'), 'key.pem');
    const address = dockerAddress(tls);
    expect(address).toMatchObject({ protocol: 'https', host: 'host', port: 2376 });
    expect(String(address.cert)).toBe('cert.pem');
  });

  it.each(['ssh://user@host', 'npipe:////./pipe/x', 'tcp://'])('refuses %s', (host) => {
    expect(() => dockerAddress(engine(host))).toThrow(/DOCKER_HOST/);
  });
});
