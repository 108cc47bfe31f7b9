import { execFileSync } from 'node:child_process';
import { engineHost } from './service.js';

/** The docker CLI on the tests' engine, past the service. Returns what it printed; throws when it fails. */
export function docker(...args: string[]): string {
  return execFileSync('docker', args, { env: { ...process.env, DOCKER_HOST: engineHost() } })
    .toString()
    .trim();
}
