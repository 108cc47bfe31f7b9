import { text } from 'node:stream/consumers';
import { logsAsJson } from '../../src/commands/output/logs-json.js';
import { OutputLog } from '../../src/commands/output/output-reader.js';
import { lengthOf } from '../../src/commands/output/segments.js';

export interface Logs {
  stdout: string;
  stderr: string;
  truncated: boolean;
  first_seq?: number;
}

const ALL = { streams: new Set(['stdout', 'stderr'] as const), encoding: 'utf8', exitCode: null } as const;

/** What a client gets of a log. */
async function parseLogs(log: OutputLog, maxBytes = 1 << 30): Promise<Logs> {
  const answer = JSON.parse(await text(logsAsJson(log, { ...ALL, maxBytes }))) as Omit<Logs, 'truncated'>;
  return { truncated: false, ...answer };
}

/** What a client gets of the log in this folder. */
export const readLogs = async (folder: string, maxBytes: number): Promise<Logs> =>
  parseLogs(await OutputLog.open(folder, await lengthOf(folder)), maxBytes);
