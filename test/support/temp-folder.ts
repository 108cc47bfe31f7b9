import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is gone after the tests of this file. */
export async function tempFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'atoll-'));
  afterAll(() => rm(path, { recursive: true, force: true }));
  return path;
}
