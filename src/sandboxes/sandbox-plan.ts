import { Injectable } from '@nestjs/common';
import { badRequest } from '../common/errors/atoll-error.js';
import { Config } from '../config/config.js';
import type { ContainerPort } from '../engine/types.js';
import type { CreateSandboxRequest } from './dto/create-sandbox.request.dto.js';
import { parsePort } from './ports.js';

/** What was asked for, with defaults filled in and limits checked. */
export interface SandboxPlan {
  image: string;
  ports: ContainerPort[];
  timeoutS: number;
  memoryMb: number;
  cpus: number;
  pids: number;
  /** Null is no limit. */
  diskMb: number | null;
  env: Record<string, string>;
  labels: Record<string, string>;
}

/** Turns a request into a plan, or into a 400 that names the field. What depends on configuration is checked here. */
@Injectable()
export class SandboxPlanner {
  constructor(private readonly config: Config) {}

  /** 400 past the maximum; seconds. */
  checkTimeout(timeoutS: number): void {
    atMost('timeout', timeoutS, this.config.sandbox.maxTimeoutS);
  }

  plan({ image, ports = [], timeout, resources, env = {}, labels = {} }: CreateSandboxRequest): SandboxPlan {
    const limits = this.config.sandbox;
    const plan = {
      image,
      ports: ports.map(toPort),
      timeoutS: timeout || limits.defaultTimeoutS,
      memoryMb: resources?.memory ?? limits.defaultMemoryMb,
      cpus: resources?.cpus ?? limits.defaultCpus,
      pids: resources?.pids ?? limits.defaultPids,
      diskMb: resources?.disk ?? limits.defaultDiskMb ?? null,
      env,
      labels,
    };
    this.checkTimeout(plan.timeoutS);
    atMost('resources.memory', plan.memoryMb, limits.maxMemoryMb);
    atMost('resources.cpus', plan.cpus, limits.maxCpus);
    atMost('resources.pids', plan.pids, limits.maxPids);
    atMost('resources.disk', plan.diskMb ?? 0, limits.maxDiskMb ?? Infinity);
    if (new Set(plan.ports).size < plan.ports.length)
      throw badRequest('ports must not name one port twice', { field: 'ports' });
    return plan;
  }
}

function atMost(field: string, value: number, maximum: number): void {
  if (value > maximum) throw badRequest(`${field} must be at most ${maximum}`, { field, maximum });
}

function toPort(text: string): ContainerPort {
  const port = parsePort(text);
  if (!port) throw badRequest(`ports: "${text}" is not a port between 1 and 65535`, { field: 'ports' });
  return port;
}
