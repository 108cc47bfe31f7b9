/** `failed`: it never ran. `killed`: a signal ended it. */
export type CommandState = 'running' | 'exited' | 'killed' | 'failed';

/** What a command used, as its agent says. */
export interface CommandUsage {
  userMs: number;
  systemMs: number;
  maxRssKb: number;
  /** All that it said, what was dropped too. */
  stdoutBytes: number;
  stderrBytes: number;
}

/** A command as the store keeps it. Times are unix milliseconds. */
export interface Command {
  /** `cmd_…` */
  readonly id: string;
  readonly sandboxId: string;
  /** Grows with every command of the store; the order in which they were started. */
  readonly ordinal: number;
  /** The executable and its arguments. */
  readonly argv: string[];
  readonly cwd: string;
  /** Of the agent that runs it; a command of another incarnation can't be running. */
  readonly incarnation: string;
  state: CommandState;
  pid: number | null;
  startedAt: number;
  finishedAt: number | null;
  /** 128 + signal when a signal ended it; 126 or 127 when it never ran. */
  exitCode: number | null;
  signal: number | null;
  /** A word for programs, such as `oom`. */
  endReason: string | null;
  /** A sentence for people. */
  message: string | null;
  /** Bytes of its log that are stored. */
  outputLength: number;
  usage: CommandUsage | null;
}

/** A command as it begins: running. */
export type NewCommand = Pick<Command, 'id' | 'sandboxId' | 'argv' | 'cwd' | 'incarnation' | 'startedAt'> &
  Partial<Pick<Command, 'pid'>>;

/** While it runs. */
export type CommandProgress = Partial<Pick<Command, 'pid' | 'startedAt' | 'outputLength' | 'incarnation'>>;

/** How it ended. What is not given stays as it is. */
export type CommandPatch = { state: Exclude<CommandState, 'running'>; finishedAt: number } & Partial<
  Pick<Command, 'pid' | 'exitCode' | 'signal' | 'endReason' | 'message' | 'outputLength' | 'usage'>
>;
