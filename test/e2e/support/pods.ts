import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { find, type Manifest } from '../../support/helm.js';
import { docker } from './docker.js';
import { checked, memoryOption, securityOptions } from './pod-spec.js';
import type { ContainerSpec, PodSpec, Probe, VolumeSpec } from './pod-spec.js';
import { eventually } from './service.js';

/** By the name of a Secret its entries, in the clear. */
export type Secrets = Record<string, Record<string, string>>;

/**
 * A node, in a way: turns rendered pods into containers with their environment, mounts and security context, on a network
 * where Services have their names. Claims outlive pods; a pod of the same workload replaces the one before.
 */
export class Pods {
  private readonly running = new Map<string, string>();

  constructor(
    private readonly dir: string,
    private readonly network: string,
    /** Secrets that somebody made by hand. */
    private readonly secrets: Secrets = {},
    /** More options of `docker run`: what a cluster's DNS would know. */
    private readonly more: string[] = [],
  ) {
    docker('network', 'create', network);
  }

  /** Runs the pod of a workload and waits until its probes say that it is ready. Gives its host port by a port's name. */
  async run(all: Manifest[], kind: 'Deployment' | 'StatefulSet'): Promise<(port: string) => number> {
    const workload = find(all, kind);
    const { metadata, spec } = (workload.spec as { template: { metadata: Manifest['metadata']; spec: PodSpec } })
      .template;
    const pod = checked(spec);
    const [container] = pod.containers;
    this.end(kind, pod.terminationGracePeriodSeconds);
    const claims = (workload.spec.volumeClaimTemplates ?? []) as Manifest[];
    const volumes = [...pod.volumes, ...claims.map((claim) => claimed(claim.metadata.name, workload.metadata.name))];
    const mounts = new Map(volumes.map((volume) => [volume.name, this.volume(all, pod, volume)]));
    for (const init of pod.initContainers ?? []) docker('run', '--rm', ...this.options(all, pod, init, mounts));
    const id = docker(
      'run',
      '--detach',
      `--network=${this.network}`,
      ...this.more,
      ...namesOf(all, metadata.labels ?? {}).map((name) => `--network-alias=${name}`),
      ...(container.ports ?? []).map(({ containerPort }) => `--publish=127.0.0.1::${containerPort}`),
      ...this.options(all, pod, container, mounts),
    );
    this.running.set(kind, id);
    const address = docker('inspect', '--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', id);
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      if (probe)
        await eventually(() => passes(probe, address, container), Boolean, 60_000).catch((error: unknown) =>
          said(id, error),
        );
    }
    return (name) =>
      Number(
        docker('port', id, String(portOf(container, name)))
          .split('\n')[0]
          .split(':')
          .at(-1),
      );
  }

  inspect(kind: string, format: string): string {
    return docker('inspect', '--format', format, this.running.get(kind) ?? '');
  }

  remove(): void {
    for (const kind of [...this.running.keys()]) this.end(kind, 20);
    docker('network', 'rm', this.network);
  }

  private end(kind: string, grace: number): void {
    const id = this.running.get(kind);
    if (!id) return;
    docker('stop', `--time=${grace}`, id);
    docker('rm', '--force', '--volumes', id);
    this.running.delete(kind);
  }

  private options(all: Manifest[], pod: PodSpec, container: ContainerSpec, mounts: Map<string, string>): string[] {
    const bound = container.volumeMounts.map(({ name, mountPath, readOnly }) => {
      const source = mounts.get(name);
      if (!source) throw new Error(`there is no volume ${name}`);
      return `--volume=${source}:${mountPath}${readOnly ? ':ro' : ''}`;
    });
    const env = Object.entries(this.environment(all, container)).map(([name, value]) => `--env=${name}=${value}`);
    const fence = [...securityOptions(pod, container), ...memoryOption(container)];
    return [...fence, ...bound, ...env, container.image, ...(container.args ?? [])];
  }

  private environment(all: Manifest[], { envFrom = [], env = [] }: ContainerSpec): Record<string, string> {
    const maps = envFrom.map(({ configMapRef }) => named(all, 'ConfigMap', configMapRef.name).data as object);
    const single = env.map(({ name, value, valueFrom }) => {
      const ref = valueFrom?.secretKeyRef;
      return { [name]: ref ? this.secret(all, ref.name)[ref.key] : (value ?? '') };
    });
    return Object.assign({}, ...maps, ...single) as Record<string, string>;
  }

  private secret(all: Manifest[], name: string): Record<string, string> {
    if (name in this.secrets) return this.secrets[name];
    const data = named(all, 'Secret', name).data as Record<string, string>;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  }

  /** Where a volume lies on the host, made as the kubelet makes it. */
  private volume(all: Manifest[], { securityContext }: PodSpec, volume: VolumeSpec): string {
    const group = securityContext?.fsGroup;
    const { secret, persistentVolumeClaim, hostPath } = volume;
    if (hostPath) {
      if (hostPath.type === 'DirectoryOrCreate') mkdirSync(hostPath.path, { recursive: true, mode: 0o755 });
      else if (!statSync(hostPath.path).isSocket()) throw new Error(`${hostPath.path} is not a socket`);
      return hostPath.path;
    }
    const path = join(this.dir, persistentVolumeClaim?.claimName ?? `${volume.name}-${secret?.secretName ?? 'empty'}`);
    mkdirSync(path, { recursive: true });
    chmodSync(path, group === undefined ? 0o755 : 0o2775);
    chownSync(path, 0, group ?? 0);
    for (const [name, content] of Object.entries(secret ? this.secret(all, secret.secretName) : {})) {
      writeFileSync(join(path, name), content);
      chmodSync(join(path, name), secret?.defaultMode ?? 0o644);
      chownSync(join(path, name), 0, group ?? 0);
    }
    return path;
  }
}

const claimed = (name: string, workload: string): VolumeSpec => ({
  name,
  persistentVolumeClaim: { claimName: `${name}-${workload}-0` },
});

const named = (all: Manifest[], kind: string, name: string) =>
  find(
    all.filter(({ metadata }) => metadata.name === name),
    kind,
  );

/** The DNS names of the Services that select these labels. */
function namesOf(all: Manifest[], labels: Record<string, string>): string[] {
  return all
    .filter(({ kind, spec }) => {
      if (kind !== 'Service') return false;
      const { selector } = spec as { selector: Record<string, string> };
      return Object.entries(selector).every(([name, value]) => labels[name] === value);
    })
    .flatMap(({ metadata: { name } }) => [name, `${name}.team.svc`]);
}

const portOf = ({ ports = [] }: ContainerSpec, name: string) =>
  ports.find((one) => one.name === name)?.containerPort ?? Number.NaN;

/** As the kubelet asks: the pod itself, past any proxy. */
async function passes({ httpGet, tcpSocket }: Probe, address: string, container: ContainerSpec): Promise<boolean> {
  if (httpGet) {
    const url = `http://${address}:${portOf(container, httpGet.port)}${httpGet.path}`;
    return (await fetch(url).catch(() => undefined))?.ok === true;
  }
  return new Promise((tell) => {
    const socket = connect(portOf(container, tcpSocket?.port ?? ''), address);
    socket.on('error', () => tell(false)).on('connect', () => tell(socket.destroy() && true));
  });
}

function said(id: string, error: unknown): never {
  throw new Error(`it is not ready:\n${docker('logs', id)}`, { cause: error });
}
