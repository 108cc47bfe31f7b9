import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/** What the chart's pods use of a PodSpec. Whatever else one names is refused: a test must not overlook it. */
export interface PodSpec {
  securityContext?: PodSecurity;
  initContainers?: ContainerSpec[];
  containers: ContainerSpec[];
  volumes: VolumeSpec[];
  terminationGracePeriodSeconds: number;
}

interface PodSecurity {
  runAsNonRoot?: boolean;
  runAsUser?: number;
  runAsGroup?: number;
  fsGroup?: number;
  supplementalGroups?: number[];
  seccompProfile?: { type: string };
}

export interface ContainerSpec {
  name: string;
  image: string;
  args?: string[];
  envFrom?: { configMapRef: { name: string } }[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
  ports?: { name: string; containerPort: number }[];
  securityContext: {
    runAsNonRoot?: boolean;
    runAsUser?: number;
    privileged?: boolean;
    readOnlyRootFilesystem?: boolean;
    allowPrivilegeEscalation?: boolean;
    capabilities?: { add?: string[]; drop?: string[] };
  };
  resources?: { limits?: { memory?: string } };
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
}

export interface Probe {
  httpGet?: { path: string; port: string };
  tcpSocket?: { port: string };
}

export interface VolumeSpec {
  name: string;
  emptyDir?: object;
  secret?: { secretName: string; defaultMode: number };
  persistentVolumeClaim?: { claimName: string };
  hostPath?: { path: string; type: string };
}

const POD = [
  'securityContext initContainers containers volumes terminationGracePeriodSeconds',
  // About the pod's place and its way to Kubernetes, which a container does not have.
  'serviceAccountName automountServiceAccountToken enableServiceLinks nodeSelector',
];
const CONTAINER =
  'name image imagePullPolicy args envFrom env ports securityContext resources volumeMounts startupProbe livenessProbe readinessProbe';
const SECURITY = 'runAsNonRoot runAsUser privileged readOnlyRootFilesystem allowPrivilegeEscalation capabilities';
const POD_SECURITY = 'runAsNonRoot runAsUser runAsGroup fsGroup fsGroupChangePolicy supplementalGroups seccompProfile';

/** Throws when it names what the translation below does not know. */
export function checked(pod: PodSpec): PodSpec {
  only(pod, POD.join(' '));
  only(pod.securityContext ?? {}, POD_SECURITY);
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    only(container, CONTAINER);
    only(container.securityContext, SECURITY);
    only(container.resources ?? {}, 'requests limits');
    only(container.resources?.limits ?? {}, 'memory');
    for (const mount of container.volumeMounts) {
      only(mount, 'name mountPath readOnly');
      if (!isAbsolute(mount.mountPath)) throw new Error(`${mount.mountPath} is not absolute`);
    }
  }
  return pod;
}

/** The security context of a container in its pod, as options of `docker run`. */
export function securityOptions({ securityContext: pod = {} }: PodSpec, { securityContext }: ContainerSpec): string[] {
  const user = securityContext.runAsUser ?? pod.runAsUser;
  const nonRoot = securityContext.runAsNonRoot ?? pod.runAsNonRoot;
  if (nonRoot && !user) throw new Error('runAsNonRoot, but no user that is not');
  if (pod.seccompProfile && pod.seccompProfile.type !== 'RuntimeDefault') throw new Error('another seccomp profile');
  const { capabilities } = securityContext;
  return [
    ...(user === undefined ? [] : [`--user=${user}:${pod.runAsGroup ?? 0}`]),
    ...[pod.fsGroup, ...(pod.supplementalGroups ?? [])]
      .filter((id) => id !== undefined)
      .map((id) => `--group-add=${id}`),
    ...(securityContext.privileged ? privilegedOptions() : []),
    ...(securityContext.readOnlyRootFilesystem ? ['--read-only'] : []),
    ...(securityContext.allowPrivilegeEscalation === false ? ['--security-opt=no-new-privileges'] : []),
    ...(capabilities?.drop ?? []).map((name) => `--cap-drop=${name}`),
    ...(capabilities?.add ?? []).map((name) => `--cap-add=${name}`),
  ];
}

/** Capabilities by their numbers (linux/capability.h), up to those that every engine of today knows. */
const CAPABILITIES =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ'.split(
    ' ',
  );

/**
 * What `--privileged` gives, as far as this machine has it to give: machines that are containers themselves may lack some capability, and
 * `--privileged` wants all there are.
 */
export function privilegedOptions(): string[] {
  const bounding = BigInt(`0x${/CapBnd:\s*(\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`);
  const there = CAPABILITIES.filter((_, bit) => (bounding & (1n << BigInt(bit))) !== 0n);
  if (there.length === CAPABILITIES.length) return ['--privileged'];
  const unconfined = ['seccomp', 'apparmor', 'systempaths'].map((name) => `--security-opt=${name}=unconfined`);
  const devices = ['--device-cgroup-rule=a *:* rwm', '--volume=/sys/fs/cgroup:/sys/fs/cgroup'];
  return [...there.map((name) => `--cap-add=${name}`), ...unconfined, ...devices];
}

/** `1Gi` as `docker run --memory` wants it. */
export const memoryOption = ({ resources }: ContainerSpec): string[] =>
  resources?.limits?.memory ? [`--memory=${resources.limits.memory.replace(/i$/, '').toLowerCase()}`] : [];

function only(object: object, known: string): void {
  const strange = Object.keys(object).filter((key) => !known.split(' ').includes(key));
  if (strange.length > 0) throw new Error(`the pod says ${strange.join(', ')}, which this test does not heed`);
}
