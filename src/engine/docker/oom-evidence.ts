import type { ContainerInspectInfo } from 'dockerode';
import type { DockerClient } from './docker-client.js';
import { pastEvents } from './docker-events.js';

const KILLED = 137;
/** Between the kernel's kill and the end of a process that has gigabytes to give back. */
const BEFORE_MS = 5000;
/** By which the engine may tell of an end later than it happened. */
const AFTER_MS = 300;

/**
 * Whether the kernel took PID 1 for memory. The engine's own flag says only that it took something in the container since its start, be it
 * a command: with a `docker kill` much later that looks the same. What happened just before the end is in the engine's events, which it
 * keeps for a while; where it has forgotten them, the flag counts.
 */
export async function oomTookPid1(client: DockerClient, { Id, State }: ContainerInspectInfo): Promise<boolean> {
  if (!State.OOMKilled || State.ExitCode !== KILLED || State.Running) return false;
  const end = Date.parse(State.FinishedAt);
  const events = await pastEvents(client, { id: Id, since: end - BEFORE_MS, until: end + AFTER_MS });
  const oom = events.findLastIndex(({ type }) => type === 'oom');
  const kill = events.findLastIndex(({ type, signal }) => type === 'kill' && signal === '9');
  if (kill > oom) return false;
  // It remembers the end, and nothing that came before.
  if (oom === -1 && events.some(({ type }) => type === 'die')) return false;
  return true;
}
