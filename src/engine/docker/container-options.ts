import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode';
import { LABEL } from '../labels.js';
import type { ContainerLimits, ContainerSpec } from '../types.js';

/**
 * Where the agent's volume and the run folder lie in every sandbox. The volume is mounted at the folder itself, and the run folder inside it: a mount point can be neither renamed nor removed, so not even
 * root inside can put something of its own in their place.
 */
export const AGENT_FOLDER = '/.atoll';

/** What commands need of root, and SETPCAP, by which the agent takes the rest away from them. Nothing else is there. */
const CAPABILITIES = ['SETUID', 'SETGID', 'KILL', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETPCAP'];

/** Variables that the engine sets by itself unless they are named. */
const ENGINE_ENV = ['PATH', 'HOSTNAME'];

/** One instance's own labels on a spec's. */
export interface Place {
  instance: string;
  network: string;
}

/** The whole request for a sandbox container: what the spec says, and the safe defaults that it has no say in. */
export function createOptions(spec: ContainerSpec, place: Place): ContainerCreateOptions {
  const [program, ...args] = spec.command;
  return {
    name: spec.name,
    Image: spec.imageId,
    Hostname: spec.hostname,
    // Of what the image says of its process nothing holds: PID 1 is the agent, as root. Each of these is named, since
    // what is left out the engine takes from the image.
    User: '0:0',
    Entrypoint: [program ?? ''],
    Cmd: args,
    WorkingDir: '/',
    StopSignal: 'SIGTERM',
    Healthcheck: { Test: ['NONE'] },
    Env: environment(spec),
    Tty: false,
    OpenStdin: false,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Labels: {
      ...spec.labels,
      [LABEL.instance]: place.instance,
      [LABEL.role]: spec.labels[LABEL.role] ?? 'sandbox',
    },
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [port, {}])),
    HostConfig: hostConfig(spec, place.network),
  };
}

function hostConfig(spec: ContainerSpec, network: string): HostConfig & { CgroupnsMode: 'private' } {
  return {
    NetworkMode: network,
    PortBindings: Object.fromEntries(spec.ports.map((port) => [port, [{ HostIp: '127.0.0.1', HostPort: '' }]])),
    PublishAllPorts: false,
    Mounts: mounts(spec),
    ...limits(spec.limits),
    Privileged: false,
    CapDrop: ['ALL'],
    CapAdd: CAPABILITIES,
    // The engine's default seccomp profile holds where no other is named.
    SecurityOpt: ['no-new-privileges'],
    ReadonlyRootfs: false,
    IpcMode: 'private',
    // Under cgroup v1 too: the kernel has namespaces for both.
    CgroupnsMode: 'private',
    Init: false,
    AutoRemove: false,
    RestartPolicy: { Name: 'no' },
    // Only the agent's last words go here, commands' output does not.
    LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
  };
}

function limits({ memoryBytes, cpus, pids, openFiles, coreBytes, diskBytes }: ContainerLimits) {
  return {
    Memory: memoryBytes,
    // Memory and swap together: none of it is swap.
    MemorySwap: memoryBytes,
    NanoCpus: Math.round(cpus * 1e9),
    PidsLimit: pids,
    Ulimits: [
      { Name: 'nofile', Soft: openFiles, Hard: openFiles },
      { Name: 'core', Soft: coreBytes, Hard: coreBytes },
    ],
    ...(diskBytes === undefined ? {} : { StorageOpt: { size: String(diskBytes) } }),
  } satisfies HostConfig;
}

/**
 * A name without `=` removes a variable that would come from the image or the engine (20.10 to 29, for a container as
 * for an exec).
 */
function environment(spec: ContainerSpec): string[] {
  const removed = [...spec.imageEnvNames, ...ENGINE_ENV].filter((name) => !(name in spec.env) && isEnvName(name));
  return [...new Set(removed), ...Object.entries(spec.env).map(([name, value]) => `${name}=${value}`)];
}

const isEnvName = (name: string) => name !== '' && !name.includes('=');

function mounts(spec: ContainerSpec): MountSettings[] {
  const all: MountSettings[] = [agentMount({ volume: spec.agentVolume, target: AGENT_FOLDER, readOnly: true })];
  if (spec.runFolder) {
    const { hostPath, containerPath } = spec.runFolder;
    // A mount and not a bind of old: an absent folder is refused instead of made.
    all.push({ Type: 'bind', Source: hostPath, Target: containerPath, ReadOnly: true });
  }
  return all;
}

/** The agent's volume at a place; nothing of the image is copied into it. */
export function agentMount(at: { volume: string; target: string; readOnly: boolean }): MountSettings {
  const options = { NoCopy: true, Labels: { [LABEL.role]: 'agent' } };
  return {
    Type: 'volume',
    Source: at.volume,
    Target: at.target,
    ReadOnly: at.readOnly,
    // The types want a driver where the engine does not.
    VolumeOptions: options as unknown as MountSettings['VolumeOptions'],
  };
}
