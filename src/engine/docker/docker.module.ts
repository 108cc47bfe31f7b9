import { Global, Module } from '@nestjs/common';
import { Containers } from '../containers.js';
import { EngineGate } from '../engine-gate.js';
import { EngineHealth } from '../engine-health.js';
import { EngineHost } from '../engine-host.js';
import { Images } from '../images.js';
import { AgentVolumeLock } from './agent-volume-lock.js';
import { AgentVolume } from './agent-volume.js';
import { DockerClient } from './docker-client.js';
import { DockerContainers } from './docker-containers.js';
import { DockerEngineHost } from './docker-engine-host.js';
import { DockerImages } from './docker-images.js';
import { DockerNetwork } from './docker-network.js';
import { ImagePull } from './image-pull.js';
import { OwnedContainers } from './owned-containers.js';
import { TinyImage } from './tiny-image.js';

/** Binds the engine port to Docker. Needs Config and Instance, from global modules. */
@Global()
@Module({
  providers: [
    EngineGate,
    EngineHealth,
    DockerClient,
    OwnedContainers,
    DockerNetwork,
    TinyImage,
    AgentVolumeLock,
    ImagePull,
    AgentVolume,
    { provide: Containers, useClass: DockerContainers },
    { provide: Images, useClass: DockerImages },
    { provide: EngineHost, useClass: DockerEngineHost },
  ],
  exports: [Containers, Images, EngineGate, EngineHost, EngineHealth],
})
export class DockerModule {}
