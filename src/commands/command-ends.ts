import type { Command, CommandPatch } from '../store/command.types.js';
import type { StartRefusal } from '../guest/reports.js';
import type { CommandEnd } from '../guest/types.js';

const SIGKILL = 9;

/** How an end that the agent tells is recorded. Its clock is that of the engine's host, which may be behind ours: nothing ends before it began. */
export function endedByAgent({ startedAt }: Pick<Command, 'startedAt'>, end: CommandEnd): CommandPatch {
  return {
    state: end.signal === undefined ? 'exited' : 'killed',
    exitCode: end.exitCode,
    signal: end.signal ?? null,
    endReason: reasonOf(end),
    finishedAt: Math.max(startedAt, end.finishedAt),
    outputLength: end.length,
    usage: {
      userMs: end.userMs,
      systemMs: end.systemMs,
      maxRssKb: end.maxRssKb,
      stdoutBytes: end.stdoutBytes,
      stderrBytes: end.stderrBytes,
    },
  };
}

function reasonOf({ oom, timedOut, signal }: CommandEnd): string {
  if (oom) return 'oom';
  if (timedOut) return 'timeout';
  return signal === undefined ? 'exited' : 'signaled';
}

/** The sandbox ended under it: its PID 1 took all processes along, by SIGKILL. Nobody ever saw an exit code. */
export function endedWithSandbox(reason: 'sandbox_stopped' | 'sandbox_lost', outputLength: number): CommandPatch {
  return {
    state: 'killed',
    exitCode: 128 + SIGKILL,
    signal: SIGKILL,
    endReason: reason,
    finishedAt: Date.now(),
    outputLength,
  };
}

/** It never ran. */
export function refusedToStart(refusal: StartRefusal): CommandPatch {
  return {
    state: 'failed',
    exitCode: refusal.exitCode ?? 126,
    endReason: 'start_failed',
    message: refusal.message,
    finishedAt: Date.now(),
  };
}
