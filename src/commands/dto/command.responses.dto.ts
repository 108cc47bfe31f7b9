import { ApiProperty } from '@nestjs/swagger';

export const COMMAND_STATES = ['running', 'exited', 'killed', 'failed'] as const;
export type CommandState = (typeof COMMAND_STATES)[number];

export class CommandDetail {
  /** @example "cmd_4kq0z7d2m9x1c8v5b3n6" */
  id: string;

  /**
   * The executable, as it was asked for.
   * @example "echo"
   */
  name: string;

  /** @example ["hello", "world"] */
  args: string[];

  /**
   * Absolute.
   * @example "/"
   */
  cwd: string;

  /** @example "sb_4kq0z7d2m9x1c8v5b3n6" */
  sandbox_id: string;

  /** `exited` by itself, `killed` by a signal, `failed` to start. */
  @ApiProperty({ enum: COMMAND_STATES })
  state: CommandState;

  /**
   * 0–255 as it exited; 128 + the signal when killed; 127 not found and 126 not executable when it failed. Absent while it runs.
   * @example 0
   */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 255 })
  exit_code?: number;

  /**
   * The signal that ended it.
   * @example 15
   */
  @ApiProperty({ type: 'integer' })
  signal?: number;

  /** Why it ended. */
  @ApiProperty({ enum: ['exited', 'signaled', 'oom', 'sandbox_stopped', 'sandbox_lost', 'start_failed'] })
  end_reason?: string;

  /**
   * Why it could not start, for a person.
   * @example "nosuch: not found in PATH"
   */
  message?: string;

  /**
   * Unix milliseconds.
   * @example 1764000000000
   */
  @ApiProperty({ type: 'integer' })
  started_at: number;

  /**
   * Unix milliseconds; absent while it runs.
   * @example 1764000000012
   */
  @ApiProperty({ type: 'integer' })
  finished_at?: number;
}

export class CommandAnswer {
  command: CommandDetail;
}

export class CommandList {
  /** In the order of their start. */
  commands: CommandDetail[];
}

export class CommandLogs {
  /**
   * What is not UTF-8 is replaced.
   * @example "hello world\n"
   */
  stdout: string;

  /** @example "" */
  stderr: string;

  /**
   * Absent while it runs.
   * @example 0
   */
  @ApiProperty({ type: 'integer' })
  exit_code?: number;

  /** There when older output is missing: it is past a bound. */
  truncated?: boolean;
}
