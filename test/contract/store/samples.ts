import { randomBytes } from 'node:crypto';
import type { NewCommand } from '../../../src/store/command.types.js';
import type { NewSandbox } from '../../../src/store/sandbox.types.js';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

export function newSandbox(given: Partial<NewSandbox> = {}): NewSandbox {
  return {
    id: `sb_${hex(10)}`,
    name: `calm-${hex(6)}`,
    owner: 'default',
    image: 'debian:12',
    imageId: `sha256:${hex(32)}`,
    status: 'running',
    ports: ['3000/tcp'],
    memoryMb: 1024,
    cpus: 1,
    timeoutS: 900,
    createdAt: 1_790_000_000_000,
    guest: { env: [], workingDir: '/', user: '' },
    secret: hex(32),
    transport: 'socket',
    ...given,
  };
}

export function newCommand(sandboxId: string, given: Partial<NewCommand> = {}): NewCommand {
  return {
    id: `cmd_${hex(10)}`,
    sandboxId,
    argv: ['true'],
    cwd: '/',
    incarnation: 'a'.repeat(16),
    startedAt: 1_790_000_000_000,
    ...given,
  };
}

/** Text that quoting, encoding or escaping gets wrong; all of it valid UTF-8. */
export const ODD_TEXT = [
  `'; drop table sandboxes; --`,
  '"`$(id)` ${x} %s \\ \\u0041',
  'żółć 漢字 🏝️👩‍👩‍👧‍👦 \u202e \ufeff \u0301',
  'line\nfeed\ttab\r\u0001\u007f',
  '',
];
