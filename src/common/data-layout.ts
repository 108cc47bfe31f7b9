import { join } from 'node:path';

/** Where a sandbox's things lie in the data directory. */
export const runFolderOf = (dataDir: string, sandboxId: string): string => join(dataDir, 'run', sandboxId);
export const outputRoot = (dataDir: string): string => join(dataDir, 'output');
export const outputFolderOf = (dataDir: string, sandboxId: string): string => join(outputRoot(dataDir), sandboxId);
