/** As the engine port writes it; the store does not know engines. */
export type StoredPort = `${number}/${'tcp' | 'udp'}`;

/**
 * `creating` and `deleting` are intents: they are recorded before the engine is asked, and whatever the service does
 * not finish the reconciler does.
 */
export type SandboxStatus = 'creating' | 'running' | 'paused' | 'stopped' | 'error' | 'deleting';

/** Why a sandbox is not running any more. */
export type SandboxEndReason = 'user' | 'expired' | 'oom' | 'exited' | 'engine_lost';

/** What commands run as and with by default: the image's, with what the creator put on top. */
export interface SandboxGuest {
  /** `KEY=VALUE`. */
  env: string[];
  workingDir: string;
  /** As an image's USER is written; empty is root. */
  user: string;
}

/** A sandbox as the store keeps it. Times are unix milliseconds. */
export interface Sandbox {
  /** `sb_…` */
  readonly id: string;
  /** A DNS label, so it never holds an underscore and can't be taken for an id. Unique. */
  readonly name: string;
  readonly owner: string;
  readonly createdAt: number;
  /** Grows with every sandbox; the order of creation, also within one millisecond. */
  readonly ordinal: number;
  /** Grows with every update; see SandboxesRepository.update. */
  readonly version: number;
  /** The reference as it was asked for. */
  image: string;
  /** `sha256:…` */
  imageId: string;
  status: SandboxStatus;
  /** In the order they were asked for; the first is the routing port. */
  ports: StoredPort[];
  /** Container port → host port, as the engine published them last. */
  portMap: Record<string, string>;
  /** MB of 1,048,576 bytes. */
  memoryMb: number;
  cpus: number;
  /** Processes and threads of its commands together; null is the configured limit. */
  pids: number | null;
  /** MB that may be written into its file system; null is no limit. */
  diskMb: number | null;
  /** The last timeout that was asked for, in seconds; start and restart count it again. */
  timeoutS: number;
  expiresAt: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  endReason: SandboxEndReason | null;
  exitCode: number | null;
  guest: SandboxGuest;
  /** Shared with its agent; 64 hex digits. */
  secret: string;
  transport: 'socket' | 'exec';
  /** Of the agent that was met last; new with every start of the container. */
  incarnation: string | null;
  labels: Record<string, string>;
  /** Who is in the middle of a transition of it; see Transitions. */
  claim: string | null;
  /** When that claim lapses, whatever became of its holder. */
  claimUntil: number | null;
}

type Given = 'id' | 'name' | 'owner' | 'createdAt' | 'image' | 'imageId' | 'status' | 'ports' | 'guest' | 'secret';
type GivenToo = 'memoryMb' | 'cpus' | 'timeoutS' | 'transport';

/** What is not given is null, or empty. */
export type NewSandbox = Pick<Sandbox, Given | GivenToo> &
  Partial<Omit<Sandbox, Given | GivenToo | 'ordinal' | 'version'>>;

/** What is not given stays as it is. */
export type SandboxPatch = Partial<Omit<Sandbox, 'id' | 'name' | 'owner' | 'createdAt' | 'ordinal' | 'version'>>;
