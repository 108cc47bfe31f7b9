/** How the one byte stream to a sandbox's agent comes about. */
export type Transport = 'socket' | 'exec';

/** What the guest room needs to know of a sandbox to speak to it. */
export interface GuestAddress {
  sandboxId: string;
  containerName: string;
  /** 64 hex digits. */
  secret: string;
  transport: Transport;
}

/** A command as the agent is asked to start it. */
export interface CommandSpec {
  id: string;
  argv: string[];
  /** Absolute. */
  cwd: string;
  /** Complete; the agent only adds PATH, HOME and USER where they are missing. */
  env: Record<string, string>;
  /** As an image's USER is written; empty is root. */
  user: string;
}

export interface Started {
  pid: number;
  /** Unix ms. */
  startedAt: number;
}

export type StartFailure =
  'not_found' | 'not_executable' | 'bad_cwd' | 'bad_user' | 'no_resources' | 'duplicate' | 'invalid';

export interface CommandEnd {
  exitCode: number;
  signal?: number;
  /** Unix ms. */
  finishedAt: number;
  /** Bytes of the whole log. */
  length: number;
  oom: boolean;
  userMs: number;
  systemMs: number;
  maxRssKb: number;
}

export type CommandEvent = { type: 'output'; position: number; records: Buffer } | ({ type: 'end' } & CommandEnd);

export interface FileEntry {
  name: string;
  name_base64?: string;
  type: 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'char' | 'block';
  size: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  owner: string;
  group: string;
  /** Unix ms. */
  mtime: number;
  target?: string;
}
