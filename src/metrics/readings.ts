import { Injectable } from '@nestjs/common';
import { statfs } from 'node:fs/promises';
import { collectDefaultMetrics } from 'prom-client';
import { registry } from '../common/metrics/make.js';
import { buildInfo, dataDirFree, dataDirSize, sandboxes } from '../common/metrics/metrics.js';
import { VERSION } from '../common/version.js';
import { Config } from '../config/config.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';

const STATES = ['creating', 'running', 'paused', 'stopped', 'error', 'deleting'] as const;

/** What nobody counts as it happens, but is looked at when somebody asks. What can't be told now is left out. */
@Injectable()
export class Readings {
  constructor(
    private readonly config: Config,
    private readonly rows: SandboxesRepository,
  ) {
    // Once a process, however many services are made in it (as tests do).
    if (!registry.getSingleMetric('process_cpu_seconds_total')) addDefaults();
    buildInfo.set({ version: VERSION, node: process.version }, 1);
  }

  async take(): Promise<void> {
    await Promise.all([this.states(), this.disk()]);
  }

  private async states(): Promise<void> {
    try {
      const counts = await this.rows.countByStatus();
      for (const state of STATES) sandboxes.set({ state }, counts[state] ?? 0);
    } catch {
      sandboxes.reset();
    }
  }

  private async disk(): Promise<void> {
    try {
      const { bavail, blocks, bsize } = await statfs(this.config.dataDir);
      dataDirFree.set(bavail * bsize);
      dataDirSize.set(blocks * bsize);
    } catch {
      dataDirFree.set(Number.NaN);
    }
  }
}

/** Of the process and of Node, less the gauges that are named as only counters may be: the same numbers are there by type. */
function addDefaults(): void {
  collectDefaultMetrics({ register: registry });
  for (const what of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${what}_total`);
}
