import { join } from 'node:path';

/** Where a sandbox's things lie in the data directory. */
export const runFolderOf = (dataDir: string, sandboxId: string): string => join(dataDir, 'run', sandboxId);
export const outputFolderOf = (dataDir: string, sandboxId: string): string => join(dataDir, 'output', sandboxId);
