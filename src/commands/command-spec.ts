import { bytesOf } from '../common/base64.js';
import { newId } from '../common/ids.js';
import { absolute } from '../common/paths.js';
import { refuseWithout } from '../common/validation/only-with.js';
import type { CommandSpec } from '../guest/types.js';
import type { Sandbox } from '../store/sandbox.types.js';
import type { CreateCommandRequest } from './dto/create-command.request.dto.js';

/** What the agent is asked to start: the request, on top of what sandbox and image say. Throws BAD_REQUEST. */
export function specOf({ guest }: Sandbox, request: CreateCommandRequest, killGraceMs: number): CommandSpec {
  const { timeout, umask } = request;
  if (timeout === undefined) refuseWithout('timeout', { kill_grace: request.kill_grace });
  if (request.stdin === undefined) refuseWithout('stdin', { stdin_encoding: request.stdin_encoding });
  return {
    id: newId('cmd'),
    argv: argvOf(request),
    cwd: absolute(guest.workingDir, request.cwd),
    env: { ...Object.fromEntries(guest.env.map(splitEnv)), ...request.env },
    user: request.user ?? guest.user,
    umask: umask === undefined ? undefined : Number.parseInt(umask, 8),
    stdin: request.stdin === undefined ? undefined : bytesOf(request.stdin, request.stdin_encoding, 'stdin'),
    openStdin: request.open_stdin,
    timeoutMs: timeout ? Math.ceil(timeout * 1000) : undefined,
    graceMs: request.kill_grace === undefined ? killGraceMs : Math.ceil(request.kill_grace * 1000),
  };
}

/** `$0` of a shell line is `sh`, as everywhere. */
function argvOf({ command, args = [], shell = false }: CreateCommandRequest): string[] {
  return shell ? ['/bin/sh', '-c', command, 'sh', ...args] : [command, ...args];
}

function splitEnv(line: string): [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
