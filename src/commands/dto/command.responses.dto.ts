import { ApiProperty } from '@nestjs/swagger';

export const COMMAND_STATES = ['running', 'exited', 'killed', 'failed'] as const;
const END_REASONS = ['exited', 'signaled', 'timeout', 'oom', 'sandbox_stopped', 'sandbox_lost', 'start_failed'];
export type CommandState = (typeof COMMAND_STATES)[number];

export class CommandDetail {
  /** @example "cmd_4kq0z7d2m9x1c8v5b3n6" */
  @ApiProperty()
  id: string;

  /**
   * The executable, as it was asked for.
   * @example "echo"
   */
  @ApiProperty()
  name: string;

  /** @example ["hello", "world"] */
  @ApiProperty()
  args: string[];

  /**
   * Absolute.
   * @example "/"
   */
  @ApiProperty()
  cwd: string;

  /** @example "sb_4kq0z7d2m9x1c8v5b3n6" */
  @ApiProperty()
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

  /**
   * Why it ended: `exited` by itself, `signaled`, past its `timeout` (whatever exit it then made), `oom` (the kernel took it for want of memory),
   * its sandbox was stopped or lost under it, or it could not start.
   */
  @ApiProperty({ enum: END_REASONS })
  end_reason?: string;

  /**
   * Why it could not start, for a person.
   * @example "nosuch: not found in PATH"
   */
  @ApiProperty()
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

  /**
   * Of its first process, inside the sandbox.
   * @example 42
   */
  @ApiProperty({ type: 'integer' })
  pid?: number;

  /**
   * CPU time in user mode, of its processes that have been waited for; milliseconds. When it has ended.
   * @example 12
   */
  @ApiProperty({ type: 'integer' })
  cpu_user_ms?: number;

  /**
   * CPU time in the kernel, likewise.
   * @example 3
   */
  @ApiProperty({ type: 'integer' })
  cpu_system_ms?: number;

  /**
   * The largest resident set of any one of its processes, in bytes, as the kernel keeps it (`ru_maxrss`). Absent below about 13 MB, where it can't be told.
   * @example 52428800
   */
  @ApiProperty({ type: 'integer' })
  memory_peak?: number;

  /**
   * All that it wrote to stdout, in bytes, what is not kept any more too. When it has ended.
   * @example 6
   */
  @ApiProperty({ type: 'integer' })
  stdout_bytes?: number;

  /**
   * The same of stderr.
   * @example 0
   */
  @ApiProperty({ type: 'integer' })
  stderr_bytes?: number;
}

export class CommandAnswer {
  command: CommandDetail;
}

export class CommandList {
  /** In the order of their start. */
  commands: CommandDetail[];

  /** There with `limit` when there are more. */
  next_cursor?: string;
}
