import { EngineError } from '../errors.js';
import type { DockerClient } from './docker-client.js';
import { NO_DISK_LIMIT } from './docker-errors.js';
import { engineInfo } from './dockerode-gaps.js';

/**
 * Throws `unsupported` where an engine would take a limit of the disk and not keep it: one that keeps its containers in containerd's
 * snapshots reads no storage options at all. The others refuse by themselves what they can't do.
 */
export async function expectDiskLimit(client: DockerClient, signal?: AbortSignal): Promise<void> {
  const { DriverStatus } = await client.read({ what: 'describe itself', signal }, engineInfo);
  const snapshots = DriverStatus?.some(([name]) => name === 'driver-type') ?? false;
  if (snapshots) throw new EngineError('unsupported', NO_DISK_LIMIT);
}
