import { LABEL } from '../engine/labels.js';
import type { ContainerLimits, ContainerPort, ContainerSpec, HostFolder } from '../engine/types.js';
import { AGENT_PATH } from './agent-layout.js';
import type { GuestAddress } from './types.js';

/** The agent's own threads count against the sandbox's limit too. */
const AGENT_PIDS = 40;

export interface AgentContainerOptions {
  image: { id: string; envNames: string[] };
  agentVolume: string;
  runFolder?: HostFolder;
  limits: ContainerLimits;
  ports: ContainerPort[];
  labels: Record<string, string>;
  hostname: string;
  /** The agent's own settings; see docs/agent-protocol.md. */
  settings?: Record<string, string>;
}

/** A container whose PID 1 is our agent, whatever the image is. */
export function agentContainer(address: GuestAddress, options: AgentContainerOptions): ContainerSpec {
  const { image, limits, labels, settings, agentVolume, runFolder, ports, hostname } = options;
  return {
    name: address.containerName,
    imageId: image.id,
    imageEnvNames: image.envNames,
    command: [AGENT_PATH, 'serve'],
    env: {
      ...settings,
      ATOLL_SANDBOX: address.sandboxId,
      ATOLL_SECRET: address.secret,
      ATOLL_TRANSPORT: address.transport,
    },
    labels: { ...labels, [LABEL.sandbox]: address.sandboxId },
    limits: { ...limits, pids: limits.pids + AGENT_PIDS },
    ports,
    agentVolume,
    runFolder,
    hostname,
  };
}
