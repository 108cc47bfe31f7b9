import { ApiProperty } from '@nestjs/swagger';
import { COMMAND_STATES } from './command.responses.dto.js';

export class CommandLogs {
  /**
   * What is not UTF-8 is replaced.
   * @example "hello world\n"
   */
  @ApiProperty()
  stdout: string;

  /** @example "" */
  @ApiProperty()
  stderr: string;

  /**
   * Absent while it runs.
   * @example 0
   */
  @ApiProperty({ type: 'integer' })
  exit_code?: number;

  /** There when older output is missing: it is past a bound. */
  truncated?: boolean;

  /** With `truncated`, when the oldest output is not kept any more: where what is kept begins, as a `seq` of `stream=true`. */
  @ApiProperty({ type: 'integer' })
  first_seq?: number;
}

/** One line of `logs?stream=true`; which fields are there goes by its type. */
export class LogLine {
  @ApiProperty({ enum: ['stdout', 'stderr', 'truncated', 'heartbeat', 'exit', 'error'] })
  type: string;

  /**
   * Of `stdout` and `stderr`: the line with its terminator.
   * @example "hello world\n"
   */
  @ApiProperty()
  data?: string;

  /**
   * Grows from line to line and means nothing else: hand the last one to `after` to go on behind it, also after a restart of the service.
   * @example 88
   */
  @ApiProperty({ type: 'integer' })
  seq?: number;

  /** Of `truncated`: about how many bytes are missing. */
  @ApiProperty({ type: 'integer' })
  bytes?: number;

  /** Of `exit`, as on the command. */
  @ApiProperty({ enum: COMMAND_STATES })
  state?: string;

  /** Of `exit`. */
  @ApiProperty({ type: 'integer' })
  exit_code?: number;

  /** Of `exit`, when a signal ended it. */
  @ApiProperty({ type: 'integer' })
  signal?: number;

  /** Of `exit`. */
  @ApiProperty()
  end_reason?: string;

  /** Of `exit`: unix milliseconds. */
  @ApiProperty({ type: 'integer' })
  finished_at?: number;

  /** Of `error`. */
  code?: string;

  /** Of `error`, for a person. */
  message?: string;
}
