import type { Stats } from '../guest/agent-stats.js';
import type { Sandbox } from '../store/sandbox.types.js';
import type { SandboxStats } from './dto/stats.response.dto.js';
import type { CreatedSandbox, SandboxDetail, SandboxState, SandboxSummary } from './dto/sandbox.responses.dto.js';

/** Bytes. */
interface DiskUsage {
  usage: number;
  limit?: number;
}

/** What a sandbox uses, as far as it was asked for. */
export interface Usage extends Stats {
  /** Only when it was asked for. */
  disk?: DiskUsage;
}

/** Rows that clients can see: not the intent of a create, not what is being removed. */
export const VISIBLE = ['running', 'paused', 'stopped', 'error'] as const satisfies readonly SandboxState[];

export function isVisible(row: Sandbox): row is Sandbox & { status: SandboxState } {
  return (VISIBLE as readonly string[]).includes(row.status);
}

const time = (milliseconds: number | null) => (milliseconds === null ? null : new Date(milliseconds).toISOString());

/** Only what runs can expire. */
function expiry(row: Sandbox): string | undefined {
  return row.status === 'running' || row.status === 'paused' ? (time(row.expiresAt) ?? undefined) : undefined;
}

export const toCreated = (row: Sandbox): CreatedSandbox => ({ id: row.id, name: row.name, ports: row.ports });

export function toSummary(row: Sandbox): SandboxSummary {
  const status = row.status as SandboxState;
  return { ...toCreated(row), image: row.image, status, state: status, expires_at: expiry(row) };
}

export function toSandboxDetail(row: Sandbox): SandboxDetail {
  return {
    ...toCreated(row),
    image: row.image,
    status: row.status as SandboxState,
    running: row.status === 'running',
    resources: { memory: row.memoryMb, cpus: row.cpus, pids: row.pids ?? undefined, disk: row.diskMb ?? undefined },
    labels: row.labels,
    started_at: time(row.startedAt),
    finished_at: time(row.finishedAt),
    expires_at: expiry(row),
    end_reason: row.endReason ?? undefined,
    exit_code: row.exitCode ?? undefined,
  };
}

export function toStats({ cpuPercent, memory, pids, network, uptimeMs, disk }: Usage): SandboxStats {
  const { rxBytes, txBytes } = network;
  return {
    cpu_percent: cpuPercent,
    memory,
    pids,
    network: { rx_bytes: rxBytes, tx_bytes: txBytes },
    uptime: uptimeMs / 1000,
    disk,
  };
}
