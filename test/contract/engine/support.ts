import { randomBytes } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import Docker from 'dockerode';
import { ConfigModule } from '../../../src/config/config.module.js';
import { Containers } from '../../../src/engine/containers.js';
import { DockerModule } from '../../../src/engine/docker/docker.module.js';
import { EngineHost } from '../../../src/engine/engine-host.js';
import { Images } from '../../../src/engine/images.js';
import { Instance } from '../../../src/engine/instance.js';
import { LABEL } from '../../../src/engine/labels.js';
import type { ContainerSpec } from '../../../src/engine/types.js';

export const BUSYBOX = 'atoll-test/busybox:1';

/** The engine that bin/test starts. */
export function testHost(): string {
  const host = process.env.ATOLL_TEST_DOCKER_HOST;
  if (!host) throw new Error('ATOLL_TEST_DOCKER_HOST is not set: run this by bin/test, or name an engine of your own.');
  return host;
}

export const randomName = (prefix = 'c') => `${prefix}-${randomBytes(6).toString('hex')}`;

/** The port as one service has it, beside the engine's raw API to look behind it. */
export interface Side {
  instance: string;
  containers: Containers;
  images: Images;
  host: EngineHost;
  close(): Promise<void>;
}

export async function openSide(options: { host?: string; instance?: string; timeoutMs?: number } = {}): Promise<Side> {
  const instance = options.instance ?? randomName('t');
  @Global()
  @Module({ providers: [{ provide: Instance, useValue: { id: instance } }], exports: [Instance] })
  class InstanceModule {}
  const config = ConfigModule.forEnvironment({
    ATOLL_API_KEY: 'a-key-for-tests-only',
    DOCKER_HOST: options.host ?? testHost(),
    ATOLL_ENGINE_TIMEOUT: String(options.timeoutMs ?? 30_000),
  });
  const module = await Test.createTestingModule({
    imports: [{ ...config, exports: config.providers as never }, InstanceModule, DockerModule],
  }).compile();
  return {
    instance,
    containers: module.get(Containers),
    images: module.get(Images),
    host: module.get(EngineHost),
    close: () => module.close(),
  };
}

export function rawDocker(): Docker {
  const host = testHost();
  if (!host.startsWith('unix://')) throw new Error('ATOLL_TEST_DOCKER_HOST: these tests want a unix:// address.');
  return new Docker({ socketPath: host.slice('unix://'.length), host: undefined });
}

export const LIMITS = { memoryBytes: 64 << 20, cpus: 0.5, pids: 64, openFiles: 4096, coreBytes: 0 };

/** A container that sleeps, obeys TERM at once with exit code 3, and has the defaults of a sandbox. */
export function spec(imageId: string, agentVolume: string, changes: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name: randomName(),
    imageId,
    imageEnvNames: ['PATH'],
    command: ['/bin/sh', '-c', 'trap "exit 3" TERM; while :; do /bin/sleep 0.05; done'],
    env: { ATOLL_SANDBOX: 'x' },
    labels: { [LABEL.sandbox]: 'sandbox-id' },
    limits: LIMITS,
    ports: [],
    agentVolume,
    hostname: 'a-host',
    ...changes,
  };
}

/** Removes whatever these instances have made on the engine. */
export async function cleanUp(raw: Docker, instances: string[], volumes: string[] = []): Promise<void> {
  for (const instance of instances) {
    const filters = { label: [`${LABEL.instance}=${instance}`] };
    for (const { Id } of await raw.listContainers({ all: true, filters })) {
      await raw.getContainer(Id).remove({ force: true, v: true });
    }
    for (const { Id } of await raw.listNetworks({ filters })) await raw.getNetwork(Id).remove();
  }
  for (const volume of volumes) {
    await raw
      .getVolume(volume)
      .remove()
      .catch((error: { statusCode?: number }) => {
        if (error.statusCode !== 404) throw error as Error;
      });
  }
}
