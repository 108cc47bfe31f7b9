import type { ContainerInfo } from '../engine/types.js';
import type { Sandbox, SandboxPatch, SandboxStatus } from '../store/sandbox.types.js';
import type { RunFacts } from './sandbox-runner.js';

/** The states that a transition begins in. */
export type UpOrDown = Exclude<SandboxStatus, 'creating' | 'deleting'>;

export const isUp = (row: Sandbox): boolean => row.status === 'running' || row.status === 'paused';

/** What is recorded when it runs: a fresh expiration from `now` (unix ms) on, and nothing of an earlier end. */
export function startedState(row: Sandbox, facts: RunFacts, now: number): SandboxPatch {
  const expiresAt = now + row.timeoutS * 1000;
  return { ...facts, status: 'running', startedAt: now, expiresAt, finishedAt: null, endReason: null, exitCode: null };
}

/**
 * What is recorded when it has ended by itself; without a container the engine has lost it. The engine's clock may be behind ours: nothing ends before it
 * began.
 */
export function endedState(container: ContainerInfo | undefined, startedAt: number | null = null): SandboxPatch {
  const base = { expiresAt: null, portMap: {} };
  if (!container) return { ...base, status: 'error', endReason: 'engine_lost', finishedAt: Date.now(), exitCode: null };
  return {
    ...base,
    status: 'stopped',
    endReason: container.oomKilled ? 'oom' : 'exited',
    finishedAt: Math.max(startedAt ?? 0, container.finishedAt?.getTime() ?? Date.now()),
    exitCode: container.exitCode ?? null,
  };
}
