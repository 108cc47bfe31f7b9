import { text } from 'node:stream/consumers';
import { logsAsJson } from '../../src/commands/output/logs-json.js';
import { OutputLog } from '../../src/commands/output/output-reader.js';

export interface Logs {
  stdout: string;
  stderr: string;
  truncated: boolean;
}

/** What a client gets of a log. */
export async function parseLogs(log: OutputLog, maxBytes = 1 << 30): Promise<Logs> {
  const answer = JSON.parse(await text(logsAsJson(log, maxBytes, null))) as Omit<Logs, 'truncated'>;
  return { truncated: false, ...answer };
}

/** What a client gets of the log in this folder. */
export const readLogs = async (folder: string, maxBytes: number): Promise<Logs> =>
  parseLogs(await OutputLog.open(folder), maxBytes);
