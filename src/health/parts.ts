import { Injectable } from '@nestjs/common';
import { EngineHost } from '../engine/engine-host.js';
import { EngineError } from '../engine/errors.js';
import { Store } from '../store/store.js';
import { DataDirectory } from './data-directory.js';

/** What a service needs to answer calls. */
export const PARTS = ['store', 'migrations', 'data_directory', 'engine'] as const;
export type Part = (typeof PARTS)[number];

/** `degraded`: it works, but somebody should look. The message is for strangers too: no address, no text of others. */
export interface Verdict {
  status: 'up' | 'degraded' | 'down';
  message?: string;
  cause?: unknown;
}

const ENGINE_AWAY = 'the container engine does not answer';

/** The health of each part, looked at now. */
@Injectable()
export class Parts {
  private readonly checks: Record<Part, () => Promise<Verdict>> = {
    store: () => verdict(this.store.ping(), 'the database does not answer'),
    migrations: () => this.migrations(),
    data_directory: () => this.directory(),
    engine: () => verdict(this.engine.ping(), ENGINE_AWAY),
  };

  constructor(
    private readonly engine: EngineHost,
    private readonly store: Store,
    private readonly dataDirectory: DataDirectory,
  ) {}

  /** Never throws. */
  check(part: Part): Promise<Verdict> {
    return this.checks[part]();
  }

  private async migrations(): Promise<Verdict> {
    try {
      if (await this.store.isUpToDate()) return { status: 'up' };
      return { status: 'down', message: 'the database was brought to a schema that this build does not know' };
    } catch (cause) {
      return { status: 'down', message: 'the database does not answer', cause };
    }
  }

  private async directory(): Promise<Verdict> {
    try {
      await this.dataDirectory.check();
      if (await this.dataDirectory.isLow())
        return { status: 'degraded', message: 'little space is left for the data directory' };
      return { status: 'up' };
    } catch (error) {
      return { status: 'down', message: (error as Error).message, cause: error };
    }
  }
}

async function verdict(check: Promise<void>, message: string): Promise<Verdict> {
  try {
    await check;
    return { status: 'up' };
  } catch (cause) {
    return { status: 'down', message: cause instanceof EngineError ? asClause(cause.message) : message, cause };
  }
}

/** A sentence of the engine port, which are our own, as part of another. */
const asClause = (sentence: string): string => sentence[0].toLowerCase() + sentence.slice(1).replace(/\.$/, '');
