import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Manifest } from '../support/helm.js';

const VERSION = { major: '1', minor: '37', gitVersion: 'v1.37.2' };
const RESOURCES = [{ name: 'secrets', singularName: '', namespaced: true, kind: 'Secret', verbs: ['get'] }];

/** As much of Kubernetes' API as Helm's `lookup` of a Secret asks for. */
export class FakeCluster {
  private readonly server: Server;
  secrets: Manifest[] = [];

  private constructor() {
    this.server = createServer((request, response) => {
      const answer = this.answer(request.url?.split('?')[0] ?? '');
      response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404, reason: 'NotFound' },
        ),
      );
    });
  }

  static async start(): Promise<FakeCluster> {
    const cluster = new FakeCluster();
    await once(cluster.server.listen(0, '127.0.0.1'), 'listening');
    return cluster;
  }

  /** Options of helm that make it ask here. */
  get options(): string[] {
    const { port } = this.server.address() as AddressInfo;
    return ['--dry-run=server', `--kube-apiserver=http://127.0.0.1:${port}`, '--kube-token=none'];
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(path: string): unknown {
    const name = /^\/api\/v1\/namespaces\/[^/]+\/secrets\/([^/]+)$/.exec(path)?.[1];
    if (name) return this.secrets.find(({ metadata }) => metadata.name === name);
    return {
      '/version': VERSION,
      '/api': { kind: 'APIVersions', versions: ['v1'] },
      '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
      '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: RESOURCES },
    }[path];
  }
}
