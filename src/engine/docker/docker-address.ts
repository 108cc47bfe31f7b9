import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../config/config.js';

/** Where the engine listens, in dockerode's words. */
export interface DockerAddress {
  /** Set for a unix socket; the rest is then absent. */
  socketPath?: string;
  protocol: 'http' | 'https';
  host?: string;
  port?: number;
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
}

/**
 * Reads an address as the docker CLI does. Without one: the first of the usual sockets that is there now.
 * Throws an Error with a sentence for the operator.
 */
export function dockerAddress(engine: Config['engine'], usual: string[] = usualSockets()): DockerAddress {
  if (!engine.host) return { protocol: 'http', socketPath: usual.find((path) => existsSync(path)) ?? usual[0] };
  const { scheme, rest } = split(engine.host);
  switch (scheme) {
    case 'unix':
      return { protocol: 'http', socketPath: rest || usual[0] };
    case 'tcp':
    case 'http':
    case 'https':
      return tcpAddress(scheme, rest, engine);
    case 'ssh':
      throw new Error('DOCKER_HOST: ssh:// is not supported; forward the socket (ssh -L) and name that one.');
    default:
      throw new Error('DOCKER_HOST: use unix://, tcp://, http:// or https://.');
  }
}

/** `host:port` alone is TCP. */
function split(host: string): { scheme: string; rest: string } {
  const at = host.indexOf('://');
  return at < 0 ? { scheme: 'tcp', rest: host } : { scheme: host.slice(0, at), rest: host.slice(at + 3) };
}

function tcpAddress(scheme: 'tcp' | 'http' | 'https', rest: string, engine: Config['engine']): DockerAddress {
  // As tcp:// even if it is not: of http and https a URL drops the usual port.
  const url = URL.parse(`tcp://${rest}`);
  if (!url?.hostname) throw new Error('DOCKER_HOST is not an address: use unix:///path or tcp://host:port.');
  const tls = scheme === 'https' || (scheme === 'tcp' && engine.tlsVerify);
  const port = url.port === '' ? (tls ? 2376 : 2375) : Number(url.port);
  const address: DockerAddress = { protocol: tls ? 'https' : 'http', host: url.hostname, port };
  // https:// with a certificate of a public authority needs no files of ours.
  if (!tls || (scheme === 'https' && !engine.tlsVerify && !engine.certPath)) return address;
  const folder = engine.certPath ?? join(homedir(), '.docker');
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => read(join(folder, name)));
  return { ...address, ca, cert, key };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new Error(`DOCKER_CERT_PATH: ${path} can't be read.`);
  }
}

/** In the order in which they are tried: the system's engine, a rootless one, Docker Desktop's. */
function usualSockets(): string[] {
  // Not by userInfo(), which throws for a user without a name, as the image's is.
  const uid = process.getuid?.() ?? 0;
  return [
    '/var/run/docker.sock',
    '/run/docker.sock',
    `/run/user/${uid}/docker.sock`,
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
  ];
}
