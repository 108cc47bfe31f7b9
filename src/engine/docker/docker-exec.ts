import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DockerClient } from './docker-client.js';
import { ExecStream } from './exec-stream.js';

export interface ExecRequest {
  command: string[];
  /** On top of the container's; undefined removes. */
  env: Record<string, string | undefined>;
}

/** Starts a program in the running container of this id and returns its stdin and stdout. */
export async function openExec(
  client: DockerClient,
  id: string,
  request: ExecRequest,
  signal?: AbortSignal,
): Promise<Duplex> {
  const doing = { what: 'run a program in the container', missing: 'no_such_container', signal } as const;
  const exec = await client.call(doing, (docker, abortSignal) =>
    docker.getContainer(id).exec({
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Privileged: false,
      User: '0:0',
      WorkingDir: '/',
      Cmd: request.command,
      Env: Object.entries(request.env).map(([name, value]) => (value === undefined ? name : `${name}=${value}`)),
      abortSignal,
    }),
  );
  const socket = await client.call({ ...doing, missing: 'conflict' }, (_docker, abortSignal) =>
    exec.start({ hijack: true, stdin: true, Detach: false, Tty: false, abortSignal }),
  );
  keepAlive(socket as Socket);
  return new ExecStream(socket);
}

/** A host that vanished says nothing, and neither does an idle program: let the kernel ask. */
function keepAlive(socket: Socket): void {
  socket.setTimeout(0);
  socket.setKeepAlive(true, 30_000);
  socket.setNoDelay(true);
}
