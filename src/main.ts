import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.js';
import { Leaving } from './common/leaving/leaving.js';
import { switchLogLevel } from './common/logging.js';
import { surviveRejections } from './common/unhandled.js';
import { DataDirInUse, DataDirUnusable } from './store/data-dir-lock.js';
import { StoreError } from './store/store.error.js';
import { Config, ConfigError } from './config/config.js';
import { Traces } from './traces/traces.js';

try {
  const app = await createApp();
  surviveRejections();
  const config = app.get(Config);
  const { http, dataDir } = config;
  const pidFile = join(dataDir, 'service.pid');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  process.once('SIGTERM', () => void stop(app, pidFile));
  process.once('SIGINT', () => void stop(app, pidFile));
  process.on('SIGUSR2', () => switchLogLevel(config));
  await app.listen(http.port, http.host);
  await writeFile(pidFile, `${process.pid}\n`);
} catch (error) {
  console.error(toldAtStart(error));
  process.exit(1);
}

/** Streams without an end of their own may go on so long, unless the grace is shorter: then they end with a line that says why. */
const STREAMS_MS = 1000;

/** What is the operator's to mend is a sentence, without a stack. */
function toldAtStart(error: unknown): unknown {
  if (error instanceof ConfigError || error instanceof DataDirInUse || error instanceof DataDirUnusable)
    return error.message;
  if (!(error instanceof StoreError)) return error;
  const { message, code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return `${error.message} (${message || code || 'no reason given'})`;
}

/** No new work, what is under way may end, and out. Sandboxes and their commands stay, and are found again. */
async function stop(app: NestFastifyApplication, pidFile: string): Promise<void> {
  const { shutdownGraceMs } = app.get(Config).http;
  setTimeout(() => app.get(Leaving).begin(), Math.min(STREAMS_MS, shutdownGraceMs / 2));
  try {
    await Promise.race([app.close(), sleep(shutdownGraceMs)]);
    await app.get(Traces).end();
    await rm(pidFile, { force: true });
  } catch (error) {
    console.error(error);
    process.exit(1); // whatever failed, it must not stay
  }
  process.exit(0);
}
