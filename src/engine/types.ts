/** A port of a container: `3000/tcp`, `53/udp`. */
export type ContainerPort = `${number}/${'tcp' | 'udp'}`;

/** Limits that the kernel enforces on one container. No swap is ever allowed on top of memory. */
export interface ContainerLimits {
  memoryBytes: number;
  /** Cores, fractional. */
  cpus: number;
  /** Processes and threads together. */
  pids: number;
  /** Of each process, soft and hard. */
  openFiles: number;
  /** Of each core dump; 0 is none. */
  coreBytes: number;
  /** What may be written into its file system; absent is no limit. Not every engine can. */
  diskBytes?: number;
}

/** A folder of the service's own host that the container sees read-only. */
export interface HostFolder {
  hostPath: string;
  containerPath: string;
}

/**
 * Everything that differs from one sandbox container to the next. What is the same for all of them (capabilities,
 * no-new-privileges, the network, log bounds, no restart policy) is the adapter's, so that nobody can forget it.
 */
export interface ContainerSpec {
  /** The container's name, which is also how every other call addresses it. */
  name: string;
  /** The image's id (`sha256:…`), so that a tag that moves meanwhile changes nothing. */
  imageId: string;
  /** Names of the image's own environment variables: they are removed, none of them reaches PID 1. */
  imageEnvNames: string[];
  /** PID 1 and its arguments. */
  command: string[];
  /** PID 1's whole environment (an engine may add HOME). */
  env: Record<string, string>;
  labels: Record<string, string>;
  limits: ContainerLimits;
  /** Published on 127.0.0.1 of the engine's host, each on a free port. */
  ports: ContainerPort[];
  /** Name of the agent volume (see EngineHost.ensureAgentVolume), mounted read-only at `/.atoll`. */
  agentVolume: string;
  runFolder?: HostFolder;
  hostname: string;
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'exited' | 'dead';

export interface ContainerInfo {
  name: string;
  labels: Record<string, string>;
  status: ContainerStatus;
  /** Set once it has ended. */
  exitCode?: number;
  /** The kernel took PID 1 for memory. */
  oomKilled: boolean;
  startedAt?: Date;
  finishedAt?: Date;
  /** Container port → host port, for the ports that are published now. */
  portMap: Partial<Record<ContainerPort, string>>;
}

export interface ContainerSummary {
  name: string;
  labels: Record<string, string>;
  status: ContainerStatus;
}

export interface ContainerEvent {
  name: string;
  labels: Record<string, string>;
  type: 'start' | 'die' | 'pause' | 'unpause' | 'destroy' | 'oom';
  /** With `die`. */
  exitCode?: number;
  /** Unix milliseconds, by the engine's clock. */
  at: number;
}

export interface ImageSummary {
  /** `sha256:…` */
  id: string;
  /** `name:tag`, empty for an untagged image. */
  tags: string[];
  /** Bytes. */
  size: number;
}

export interface ImageInfo extends ImageSummary {
  /** When it was made, RFC 3339. */
  created: string;
  architecture: string;
  os: string;
  /** What its commands run as and with by default. */
  config: ImageConfig;
}

export interface ImageConfig {
  /** `KEY=VALUE`. */
  env: string[];
  /** Absolute; `/` where the image says nothing. */
  workingDir: string;
  /** As the image's USER says; empty is root. */
  user: string;
}

export interface EngineDescription {
  /** The engine's own id, stable over its restarts. */
  id: string;
  version: string;
  /** As Go names it: `amd64`, `arm64`. */
  architecture: string;
  cgroupVersion: 1 | 2;
  /** Limits that it leaves out of containers without a word, because its kernel or its cgroup lacks them; normally none. */
  missingLimits: ('memory' | 'swap' | 'pids')[];
}
