import type { ChartValues } from '../support/helm.js';

/** The three ways to an engine, each with what it needs. */
export const MODES: Record<string, ChartValues> = {
  dedicated: {},
  hostSocket: { 'engine.mode': 'hostSocket', 'engine.hostSocket.gid': 998 },
  remote: {
    'engine.mode': 'remote',
    'engine.remote.host': 'tcp://engine.example:2376',
    'engine.remote.tls.existingSecret': 'engine-client',
  },
};

/** What can be changed, one at a time, in every mode. */
export const CHANGES: Record<string, ChartValues> = {
  'no names of ours': { fullnameOverride: 'box', nameOverride: 'box' },
  'an image by digest': { 'image.digest': `sha256:${'a'.repeat(64)}`, imagePullSecrets: [{ name: 'registry' }] },
  'a key that is given': { 'auth.apiKey': 'key-0123456789abcdef' },
  'a key of yours': { 'auth.existingSecret': 'keys', 'auth.existingSecretKey': 'atoll.key' },
  'PostgreSQL by URL': { 'database.url': 'postgres://atoll:pass-word@db.example:5433/atoll', 'database.port': 5433 },
  'PostgreSQL by a Secret': { 'database.existingSecret': 'database' },
  'credentials of registries': { 'registries.existingSecret': 'registries' },
  'more variables': {
    config: { ATOLL_MAX_TIMEOUT: 86400000, ATOLL_MAX_CPUS: 2.5, LOG_LEVEL: 'debug' },
    extraEnv: [{ name: 'ATOLL_STOP_GRACE', value: '100' }],
  },
  'certificates of yours': {
    'engine.dedicated.tls.existingServerSecret': 'engine-server',
    'engine.dedicated.tls.existingClientSecret': 'engine-client',
  },
  'another engine': {
    'engine.dedicated.image.tag': '28-dind',
    'engine.dedicated.args': ['--mtu=1400'],
    'engine.dedicated.storage': { size: '1Ti', storageClass: 'local' },
    'engine.dedicated.updateStrategy': 'RollingUpdate',
    'engine.dedicated.podAnnotations': { a: 'b' },
    'engine.dedicated.resources': { limits: { cpu: 4, memory: '8Gi' } },
  },
  'no TLS with the engine': { 'engine.remote.tls.enabled': false, 'engine.remote.tls.existingSecret': '' },
  'nothing kept': { 'persistence.enabled': false },
  'a claim of yours': { 'persistence.existingClaim': 'claim' },
  'another volume': {
    persistence: { storageClass: 'fast', size: '1Gi', accessMode: 'ReadWriteOncePod', retain: false },
  },
  'a load balancer': { service: { type: 'LoadBalancer', port: 8443, annotations: { a: 'b' } } },
  'an Ingress': {
    ingress: {
      enabled: true,
      className: 'nginx',
      annotations: { 'nginx.ingress.kubernetes.io/proxy-buffering': 'off' },
      hosts: ['atoll.example', 'box.example'],
      tls: [{ secretName: 'tls', hosts: ['atoll.example'] }],
    },
  },
  'a ServiceMonitor': {
    'metrics.serviceMonitor': { enabled: true, interval: '15s', labels: { release: 'prometheus' } },
  },
  'alerts and a dashboard': {
    'metrics.rules': { enabled: true, labels: { release: 'prometheus' } },
    'metrics.dashboard': { enabled: true, annotations: { grafana_folder: 'Atoll' } },
  },
  'no metrics': { 'metrics.enabled': false },
  traces: { 'traces.endpoint': 'http://collector.monitoring:4318', 'traces.sampleRatio': 0.01 },
  'traces with a key': {
    traces: { endpoint: 'https://collector.example/otlp', existingSecret: 'collector', existingSecretKey: 'otlp' },
  },
  'no NetworkPolicy': { 'networkPolicy.enabled': false },
  'a narrow NetworkPolicy': {
    networkPolicy: {
      apiFrom: [{ podSelector: {} }],
      metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
      extraEgress: [{ ports: [{ port: 4318, protocol: 'TCP' }] }],
      sandboxExtraEgress: [{ to: [{ ipBlock: { cidr: '10.1.2.3/32' } }] }],
      sandboxBlocked: [],
    },
  },
  'an account of yours': { serviceAccount: { create: false, name: 'mine' } },
  'a place': {
    nodeSelector: { 'kubernetes.io/hostname': 'one' },
    tolerations: [{ key: 'a', operator: 'Exists' }],
    affinity: { podAntiAffinity: {} },
    priorityClassName: 'high',
    podAnnotations: { a: 'b' },
    podLabels: { a: 'b' },
    resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: 2, memory: '2Gi' } },
  },
};

/** Values that the schema refuses, with what it says. */
export const WRONG: [values: ChartValues, says: RegExp][] = [
  [{ replicaCount: 2 }, /replicaCount.*must be 1/],
  [{ replicas: 1 }, /additional properties 'replicas' not allowed/],
  [{ 'engine.mode': 'podman' }, /engine\/mode/],
  [{ 'engine.mode': 'hostSocket' }, /engine\/hostSocket\/gid/],
  [{ 'engine.mode': 'remote' }, /engine\/remote\/host/],
  [{ 'engine.mode': 'remote', 'engine.remote.host': 'tcp://e:2376' }, /engine\/remote\/tls\/existingSecret/],
  [{ 'engine.remote.host': 'unix:///var/run/docker.sock' }, /engine\/remote\/host/],
  [{ 'engine.dedicated.privileged': false }, /additional properties 'privileged' not allowed/],
  [{ 'engine.dedicated.tls.existingServerSecret': 'one-only' }, /existingClientSecret/],
  [{ 'engine.dedicated.tls.existingClientSecret': 'one-only' }, /existingClientSecret/],
  [{ 'engine.hostSocket.dataDir': 'relative' }, /dataDir/],
  [{ 'auth.apiKey': 'short' }, /auth\/apiKey/],
  [{ 'database.url': 'mysql://x' }, /database\/url/],
  [{ config: { ATOLL_API_KEY: 'key-0123456789abcdef' } }, /config/],
  [{ config: { ATOLL_DATA_DIR: '/x' } }, /config/],
  [{ config: { DATABASE_URL: 'postgres://x' } }, /config/],
  [{ config: { ATOLL_MAX_CPUS: [1] } }, /config\/ATOLL_MAX_CPUS/],
  [{ 'persistence.size': 'large' }, /persistence\/size/],
  [{ 'persistence.accessMode': 'ReadWriteMany' }, /accessMode/],
  [{ 'service.port': 0 }, /service\/port/],
  [{ 'ingress.enabled': true }, /ingress\/hosts/],
  [{ 'metrics.port': 8080 }, /metrics\/port/],
  [{ 'metrics.enabled': false, 'metrics.serviceMonitor.enabled': true }, /serviceMonitor/],
  [{ 'traces.endpoint': 'collector:4318' }, /traces\/endpoint/],
  [{ 'traces.sampleRatio': 2 }, /traces\/sampleRatio/],
  [{ config: { ATOLL_TRACES_HEADERS: 'a=b' } }, /config/],
  [{ 'metrics.enabled': false, 'metrics.rules.enabled': true }, /metrics\/rules/],
  [{ 'metrics.enabled': false, 'metrics.dashboard.enabled': true }, /metrics\/dashboard/],
  [{ 'metrics.dashboard.labels': { grafana_dashboard: 1 } }, /grafana_dashboard/],
  [{ 'image.digest': 'latest' }, /image\/digest/],
  [{ 'resources.limit': {} }, /additional properties 'limit' not allowed/],
  [{ 'networkPolicy.sandboxBlocked': ['everything'] }, /sandboxBlocked/],
];
