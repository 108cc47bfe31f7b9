import type { ContainerInspectInfo } from 'dockerode';
import type { ContainerInfo, ContainerPort, ContainerStatus } from '../types.js';

/** What the engine says of a container, in our words. */
export function containerInfo(raw: ContainerInspectInfo): Omit<ContainerInfo, 'oomKilled'> {
  const status = containerStatus(raw.State.Status);
  const finishedAt = time(raw.State.FinishedAt);
  // A container whose start failed is `created` again, with an exit code that no process had.
  const ended = (status === 'exited' || status === 'dead') && finishedAt !== undefined;
  return {
    name: raw.Name.replace(/^\//, ''),
    labels: raw.Config.Labels ?? {},
    status,
    ...(ended ? { exitCode: raw.State.ExitCode } : {}),
    startedAt: time(raw.State.StartedAt),
    finishedAt,
    portMap: portMap(raw.NetworkSettings.Ports),
  };
}

/** Without the names alone, by which others are removed. */
export function environmentOf({ Config: { Env } }: ContainerInspectInfo): Record<string, string> {
  const pairs = (Env ?? [])
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

export function containerStatus(word: string): ContainerStatus {
  switch (word) {
    case 'created':
    case 'running':
    case 'paused':
    case 'exited':
    case 'dead':
      return word;
    case 'removing':
      return 'dead';
    case 'restarting': // not with our restart policy
      return 'running';
    default:
      return 'dead';
  }
}

/** The engine's zero date, Go's year 1, is no date. */
function time(text: string): Date | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() <= 1 ? undefined : date;
}

function portMap(ports: ContainerInspectInfo['NetworkSettings']['Ports'] | null): ContainerInfo['portMap'] {
  const map: ContainerInfo['portMap'] = {};
  for (const [port, bindings] of Object.entries(ports ?? {})) {
    // `null` for a port that is exposed and not published.
    const hostPort = (bindings as typeof bindings | null)?.[0]?.HostPort;
    if (hostPort) map[port as ContainerPort] = hostPort;
  }
  return map;
}
