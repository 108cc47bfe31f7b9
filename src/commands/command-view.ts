import type { Command, CommandUsage } from '../store/command.types.js';
import type { CommandDetail } from './dto/command.responses.dto.js';

/** A command as clients see it. What does not hold yet is left out. */
export function toDetail(command: Command): CommandDetail {
  const [name, ...args] = command.argv;
  return {
    id: command.id,
    name,
    args,
    cwd: command.cwd,
    sandbox_id: command.sandboxId,
    state: command.state,
    exit_code: command.exitCode ?? undefined,
    signal: command.signal ?? undefined,
    end_reason: command.endReason ?? undefined,
    message: command.message ?? undefined,
    pid: command.pid ?? undefined,
    started_at: command.startedAt,
    finished_at: command.finishedAt ?? undefined,
    ...(command.usage ? usageOf(command.usage) : {}),
  };
}

function usageOf({ userMs, systemMs, maxRssKb, stdoutBytes, stderrBytes }: CommandUsage) {
  return {
    cpu_user_ms: userMs,
    cpu_system_ms: systemMs,
    memory_peak: maxRssKb > 0 ? maxRssKb * 1024 : undefined,
    stdout_bytes: stdoutBytes,
    stderr_bytes: stderrBytes,
  };
}
