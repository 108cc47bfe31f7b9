import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { docker } from './docker.js';
import { IMAGE } from './service.js';

/** Gives an engine behind TLS the image that sandboxes are made of. `certs`: a folder with a client's ca.pem, cert.pem and key.pem. */
export function loadImage(port: number, certs: string): void {
  const tls = [
    '--tlsverify',
    `--tlscacert=${certs}/ca.pem`,
    `--tlscert=${certs}/cert.pem`,
    `--tlskey=${certs}/key.pem`,
  ];
  const archive = join(certs, 'image.tar');
  docker('save', '--output', archive, IMAGE);
  execFileSync('docker', [...tls, '--host', `tcp://127.0.0.1:${port}`, 'load', '--input', archive]);
}
