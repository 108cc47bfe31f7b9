import { constants } from 'node:fs';
import { chmod, mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { runFolderOf } from '../common/data-layout.js';

/** Linux's sun_path, less the closing zero. */
const MAX_SOCKET_PATH = 107;
const SOCKET = 'agent.sock';

/** A path to listen on, and what must stay open for as long as somebody does. */
export interface SocketPath {
  path: string;
  release(): Promise<void>;
}

/** The folder of one sandbox that is mounted in it: `<data>/run/<sandbox>`. It holds the socket that its agent dials. */
export class RunFolder {
  readonly path: string;

  constructor(dataDir: string, sandboxId: string) {
    this.path = runFolderOf(dataDir, sandboxId);
  }

  /** Makes the folder, clears a dead service's socket away, and says where to listen. */
  async prepare(): Promise<SocketPath> {
    await mkdir(this.path, { recursive: true });
    await chmod(this.path, 0o755);
    const socket = join(this.path, SOCKET);
    await rm(socket, { force: true });
    if (Buffer.byteLength(socket) <= MAX_SOCKET_PATH) return { path: socket, release: () => Promise.resolve() };
    return this.throughDescriptor();
  }

  /** With user namespaces the agent's root is somebody else here: it must be allowed to connect. The proof is the secret. */
  async allowEverybody(): Promise<void> {
    await chmod(join(this.path, SOCKET), 0o666);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** A deep data directory: the kernel takes the way through an open directory, whose name is short. */
  private async throughDescriptor(): Promise<SocketPath> {
    const folder: FileHandle = await open(this.path, constants.O_RDONLY | constants.O_DIRECTORY);
    return { path: `/proc/self/fd/${folder.fd}/${SOCKET}`, release: () => folder.close() };
  }
}
