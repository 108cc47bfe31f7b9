import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { docker } from './docker.js';
import { engineHost } from './service.js';

const ROOT = resolve(import.meta.dirname, '../../..');
export const ATOLL_IMAGE = 'atoll-test/atoll:1';

export const BUILD_MS = 600_000;

/** Runs a script of test/support. */
export const supportScript = (script: string, args: string[], env: Record<string, string> = {}) =>
  execFileSync('bash', [join(ROOT, 'test/support', script), ...args], {
    env: { ...process.env, ...env },
    timeout: BUILD_MS,
  });

/** Builds the image of the service from the Dockerfile, without BuildKit, on bases of this machine: once for all files of a run. */
export function buildImage(): void {
  if (docker('image', 'ls', '--quiet', ATOLL_IMAGE)) return;
  supportScript('bases.sh', [process.env.ATOLL_TEST_ENGINE_DIR ?? '']);
  const bases = { GO_IMAGE: 'go-base', NODE_IMAGE: 'npm-base', RUNTIME_IMAGE: 'node-base' };
  const args = Object.entries(bases).map(([name, base]) => `--build-arg=${name}=atoll-test/${base}:1`);
  const arch = docker('version', '--format={{.Server.Arch}}');
  execFileSync(
    'docker',
    ['build', ...args, `--build-arg=AGENT_ARCHS=${arch}`, '--build-arg=REVISION=abc', `--tag=${ATOLL_IMAGE}`, ROOT],
    { env: { ...process.env, DOCKER_HOST: engineHost(), DOCKER_BUILDKIT: '0' }, timeout: BUILD_MS },
  );
}
