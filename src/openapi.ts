import { tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from './app.js';
import { ConfigModule } from './config/config.module.js';
import { openApiDocument } from './openapi-document.js';

// Prints the document. Nothing is started: no engine, no port, a store that is thrown away.
const dataDir = mkdtempSync(join(tmpdir(), 'atoll-openapi-'));
try {
  const app = await createApp(
    ConfigModule.forEnvironment({
      ATOLL_API_KEY: 'not-a-key-just-a-document',
      ATOLL_DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
    }),
  );
  process.stdout.write(`${JSON.stringify(openApiDocument(app), null, 2)}\n`);
  await app.close();
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
