import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { healthy } from '../common/metrics/metrics.js';
import { repeat } from '../common/repeat.js';
import { Parts, type Part, type Verdict } from './parts.js';

const INTERVAL_MS = 2000;
/** The engine is pinged, and told of in the log and in the metrics, by EngineHealth. */
const WATCHED: Part[] = ['store', 'migrations', 'data_directory'];

/** Looks at what the service stands on whether or not anybody asks, so that the log has one line for each trouble, and one for its end. */
@Injectable()
export class HealthWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Health');
  private readonly ended = new AbortController();
  private readonly last = new Map<Part, string | undefined>();

  constructor(private readonly parts: Parts) {}

  onApplicationBootstrap(): void {
    void repeat(() => this.look(), INTERVAL_MS, this.ended.signal);
  }

  onModuleDestroy(): void {
    this.ended.abort();
  }

  private async look(): Promise<void> {
    await Promise.all(WATCHED.map(async (part) => this.tell(part, await this.parts.check(part))));
  }

  private tell(part: Part, { status, message, cause }: Verdict): void {
    if (this.ended.signal.aborted) return;
    healthy.set({ part }, status === 'down' ? 0 : 1);
    const before = this.last.get(part);
    this.last.set(part, message);
    if (message === before) return;
    if (message === undefined) this.logger.log({ part }, `well again: ${before}, until now`);
    else if (status === 'down') this.logger.error({ part, err: cause }, message);
    else this.logger.warn({ part }, message);
  }
}
