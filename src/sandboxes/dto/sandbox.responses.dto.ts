import { ApiProperty } from '@nestjs/swagger';

export const SANDBOX_STATES = ['running', 'paused', 'stopped', 'error'] as const;
export type SandboxState = (typeof SANDBOX_STATES)[number];

export class CreatedSandbox {
  /**
   * Opaque; never changes.
   * @example "sb_4kq0z7d2m9x1c8v5b3n6"
   */
  @ApiProperty()
  id: string;

  /**
   * Two words, unique, a valid DNS label. Accepted wherever the id is.
   * @example "brave-otter"
   */
  @ApiProperty()
  name: string;

  /**
   * The first is the routing port.
   * @example ["3000/tcp"]
   */
  @ApiProperty()
  ports: string[];
}

export class SandboxSummary extends CreatedSandbox {
  /** @example "busybox:latest" */
  @ApiProperty()
  image: string;

  @ApiProperty({ enum: SANDBOX_STATES })
  status: SandboxState;

  /** The same word as `status`. */
  @ApiProperty({ enum: SANDBOX_STATES })
  state: SandboxState;

  /**
   * When it will be stopped; absent when it is not running.
   * @example "2026-11-23T12:15:00.000Z"
   */
  @ApiProperty({ format: 'date-time' })
  expires_at?: string;
}

export class SandboxList {
  /** Running and stopped ones, in the order of their creation. */
  sandboxes: SandboxSummary[];

  /** There when a `limit` was given and there are more: the `cursor` that goes on. */
  next_cursor?: string;
}

export class SandboxResources {
  /**
   * MB of 1,048,576 bytes.
   * @example 1024
   */
  @ApiProperty({ type: 'integer' })
  memory: number;

  /**
   * Cores.
   * @example 1
   */
  cpus: number;

  /**
   * Processes and threads of its commands together.
   * @example 512
   */
  @ApiProperty({ type: 'integer' })
  pids?: number;

  /** MB of 1,048,576 bytes that may be written into its file system; absent is no limit. */
  @ApiProperty({ type: 'integer' })
  disk?: number;
}

export class SandboxDetail extends CreatedSandbox {
  /** @example "busybox:latest" */
  @ApiProperty()
  image: string;

  @ApiProperty({ enum: SANDBOX_STATES })
  status: SandboxState;

  /** Whether commands can run in it now. */
  @ApiProperty()
  running: boolean;

  @ApiProperty()
  resources: SandboxResources;

  /**
   * Labels of your own.
   * @example {"team": "search"}
   */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  labels: Record<string, string>;

  /** When it was last started. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at: string | null;

  /** When it last ended; null while it runs. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at: string | null;

  /** When it will be stopped; absent when it is not running. */
  @ApiProperty({ format: 'date-time' })
  expires_at?: string;

  /**
   * Why it ended; absent while it runs.
   * @example "expired"
   */
  @ApiProperty({ enum: ['user', 'expired', 'oom', 'exited', 'engine_lost'] })
  end_reason?: string;

  /** PID 1's exit code, once it has ended and where the engine knows it. */
  @ApiProperty({ type: 'integer' })
  exit_code?: number;
}

export class StartedSandbox {
  @ApiProperty({ enum: ['started'] })
  status: 'started';

  /** @example ["3000/tcp"] */
  @ApiProperty()
  ports: string[];

  /** A fresh expiration: its own last timeout from now. */
  @ApiProperty({ format: 'date-time' })
  expires_at: string;
}

export class RestartedSandbox {
  @ApiProperty({ enum: ['restarted'] })
  status: 'restarted';

  /** @example ["3000/tcp"] */
  @ApiProperty()
  ports: string[];

  /** A fresh expiration: its own last timeout from now. */
  @ApiProperty({ format: 'date-time' })
  expires_at: string;
}

export class PausedSandbox {
  @ApiProperty({ enum: ['paused'] })
  status: 'paused';
}

export class ResumedSandbox {
  @ApiProperty({ enum: ['resumed'] })
  status: 'resumed';
}

export class RenewedSandbox {
  @ApiProperty({ enum: ['renewed'] })
  status: 'renewed';

  /**
   * Seconds.
   * @example 900
   */
  @ApiProperty({ type: 'integer' })
  timeout: number;

  @ApiProperty({ format: 'date-time' })
  expires_at: string;
}

export class SandboxNetwork {
  /**
   * The routing port; empty without ports.
   * @example "3000/tcp"
   */
  @ApiProperty()
  main_port: string;

  /**
   * Container port → port of the engine's loopback; empty without ports, and while it is stopped.
   * @example {"3000/tcp": "32768"}
   */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  ports_map: Record<string, string>;
}

export class StoppedSandbox {
  @ApiProperty({ enum: ['stopped'] })
  status: 'stopped';
}
