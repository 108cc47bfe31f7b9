import { readValues, mistakes } from '../../src/config/read.js';
import type { Manifest } from '../support/helm.js';

interface Container {
  name: string;
  securityContext: Record<string, unknown>;
  ports?: { name: string }[];
  resources?: { requests?: object };
}

const podOf = ({ spec }: Manifest) => (spec as { template: { spec: Record<string, unknown> } }).template.spec;

/** What schemas cannot say and must hold of every rendering: a sentence for each that does not. */
export function brokenRules(all: Manifest[]): string[] {
  const of = (...kinds: string[]) => all.filter(({ kind }) => kinds.includes(kind));
  const service = of('Deployment')[0];
  const rules: [says: string, holds: boolean][] = [
    ['one Deployment', of('Deployment').length === 1],
    ['one service at a time', service.spec.replicas === 1 && service.spec.strategy.type === 'Recreate'],
    ['nothing blocks a drain', of('PodDisruptionBudget').length === 0],
    ['names are given once', new Set(all.map(({ kind, metadata }) => kind + metadata.name)).size === all.length],
    [
      'no token of Kubernetes',
      of('Deployment', 'StatefulSet').every((one) => !podOf(one).automountServiceAccountToken),
    ],
    ['no links of Services', of('Deployment', 'StatefulSet').every((one) => podOf(one).enableServiceLinks === false)],
    ['the service is fenced', isFenced(service)],
    ['only a dedicated engine is privileged', privileged(all).every((name) => name.endsWith('-engine'))],
    ['a remote engine leaves nothing privileged', !isRemote(all) || privileged(all).length === 0],
    ['no secret in a ConfigMap', secrets(all).every((value) => !of('ConfigMap').some((one) => holds(one, value)))],
    ['a change of configuration rolls', /^[0-9a-f]{64}$/.test(checksum(service, 'config'))],
    ['a change of secrets rolls', /^[0-9a-f]{64}$/.test(checksum(service, 'secrets'))],
    ['Services select pods', of('Service').every((one) => selects(all, one.spec.selector as Labels))],
    ['Services name ports', of('Service').every((one) => portsOf(one).every((port) => portNames(all).has(port)))],
    ['the ServiceMonitor selects one Service', of('ServiceMonitor').every((one) => monitored(all, one) === 1)],
    [
      'policies select pods',
      of('NetworkPolicy').every((one) => selects(all, one.spec.podSelector.matchLabels as Labels)),
    ],
  ];
  return [...rules.filter(([, kept]) => !kept).map(([says]) => says), ...configurationMistakes(all)];
}

type Labels = Record<string, string>;

function isFenced(service: Manifest): boolean {
  const pod = podOf(service) as { securityContext: Record<string, unknown>; containers: Container[] };
  const { runAsNonRoot, runAsUser, seccompProfile } = pod.securityContext;
  return (
    runAsNonRoot === true &&
    runAsUser === 10_001 &&
    (seccompProfile as { type: string }).type === 'RuntimeDefault' &&
    pod.containers.every(
      ({ securityContext, resources }) =>
        securityContext.readOnlyRootFilesystem === true &&
        securityContext.allowPrivilegeEscalation === false &&
        JSON.stringify(securityContext.capabilities) === '{"drop":["ALL"]}' &&
        resources?.requests !== undefined,
    )
  );
}

const workloads = (all: Manifest[]) => all.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
const containersOf = (one: Manifest) => podOf(one).containers as Container[];
const privileged = (all: Manifest[]) =>
  workloads(all)
    .filter((one) => containersOf(one).some(({ securityContext }) => securityContext.privileged))
    .map(({ metadata }) => metadata.name);
const isRemote = (all: Manifest[]) =>
  all.every(({ kind }) => kind !== 'StatefulSet') && !/hostPath/.test(JSON.stringify(all));

/** What Secrets hold, in the clear. */
const secrets = (all: Manifest[]) =>
  all
    .filter(({ kind }) => kind === 'Secret')
    .flatMap((one) => Object.values(one.data as Record<string, string>))
    .map((value) => Buffer.from(value, 'base64').toString());
const holds = (one: Manifest, value: string) =>
  Object.values(one.data as Labels).some((entry) => entry.includes(value));

const checksum = (service: Manifest, of: string): string =>
  (service.spec as { template: Manifest }).template.metadata.annotations?.[`checksum/${of}`] ?? '';

const matches = (labels: Labels | undefined, selector: Labels) =>
  Object.entries(selector).every(([name, value]) => labels?.[name] === value);
const selects = (all: Manifest[], selector: Labels) =>
  workloads(all).filter((one) => matches((one.spec as { template: Manifest }).template.metadata.labels, selector))
    .length === 1;
const portsOf = (one: Manifest) =>
  (one.spec as { ports: { targetPort: string }[] }).ports.map((port) => port.targetPort);
const portNames = (all: Manifest[]) =>
  new Set(workloads(all).flatMap((one) => containersOf(one).flatMap(({ ports }) => ports?.map(({ name }) => name))));
const monitored = (all: Manifest[], { spec }: Manifest) =>
  all.filter(
    (one) =>
      one.kind === 'Service' &&
      matches(one.metadata.labels, (spec as { selector: { matchLabels: Labels } }).selector.matchLabels),
  ).length;

/** The service itself says whether it would boot with what the ConfigMap sets. */
function configurationMistakes(all: Manifest[]): string[] {
  const data = all.find(({ kind, data }) => kind === 'ConfigMap' && !('atoll.json' in data))?.data as Labels;
  const env = { ...data, ATOLL_API_KEY: 'key-0123456789abcdef' };
  const { values, wrong } = readValues(env);
  return [...wrong, ...mistakes(env, values)];
}
