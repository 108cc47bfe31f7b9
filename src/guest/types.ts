import type { Readable } from 'node:stream';

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
  /** 0 to 0o777; absent is 0o022. */
  umask?: number;
  /** How long it may run; then TERM, and KILL after `graceMs`, to its whole session. Absent or 0: as long as it likes. */
  timeoutMs?: number;
  /** Goes with `timeoutMs`; absent or 0 is KILL at once. */
  graceMs?: number;
  /** The first bytes of its stdin, at most MAX_STDIN; the agent hands them over from memory, whatever becomes of the service. */
  stdin?: Buffer;
  /**
   * Stdin stays open behind `stdin`, for AgentCommands.writeStdin. Without it stdin is at its end behind `stdin`, and is
   * /dev/null where there is neither.
   */
  openStdin?: boolean;
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
  /** Its time was up before it ended, however it ended then: one that heeds TERM has an exit code of its own. */
  timedOut: boolean;
  /** Bytes that it wrote to each, what was dropped since included. */
  stdoutBytes: number;
  stderrBytes: number;
}

/** What one call writes to a command's stdin. */
export interface StdinInput {
  /** Of any length; read as the command reads. */
  body: Buffer | Readable;
  /** Stdin is at its end behind it. */
  close: boolean;
  /** Ends the call, which has no deadline: the command need not read. What was taken by then stays, stdin stays open. */
  signal?: AbortSignal;
}

export interface StdinTaken {
  /** Bytes that went into the command's stdin; it may have read fewer. */
  written: number;
  closed: boolean;
}

/** The records of a piece of output are good until the next event. */
export type CommandEvent = { type: 'output'; position: number; records: Buffer } | ({ type: 'end' } & CommandEnd);

export interface FileEntry {
  name: string;
  name_base64?: string;
  /** Below the directory that was listed with all that is in it. */
  path?: string;
  path_base64?: string;
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
  target_base64?: string;
  /** Names this state of a regular file, where it was asked for alone. */
  etag?: string;
}
