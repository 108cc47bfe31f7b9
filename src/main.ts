import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createApp } from './app.js';
import { Config, ConfigError } from './config/config.js';

try {
  const app = await createApp();
  const { http, dataDir } = app.get(Config);
  const pidFile = join(dataDir, 'service.pid');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await app.listen(http.port, http.host);
  await writeFile(pidFile, `${process.pid}\n`);
  app.getHttpServer().on('close', () => void rm(pidFile, { force: true }));
} catch (error) {
  // A wrong setting is the operator's to mend: a sentence, no stack.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
