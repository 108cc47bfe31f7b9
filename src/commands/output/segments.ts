import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { wholeRecords } from './records.js';

const NAME = /^(\d+)\.log$/;

/** A file that holds a command's log from this position on. */
export interface Segment {
  position: number;
  path: string;
}

/** The segments of a log in order; none when nothing was ever written. */
export async function segmentsOf(folder: string): Promise<Segment[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const [, digits] = NAME.exec(name) ?? [];
      return digits === undefined ? [] : [{ position: Number(digits), path: join(folder, name) }];
    })
    .sort((a, b) => a.position - b.position);
}

export const segmentPath = (folder: string, position: number): string => join(folder, `${position}.log`);

export const removeSegment = (segment: Segment): Promise<void> => rm(segment.path, { force: true });

/** Where a log ends, by its files. */
export async function lengthOf(folder: string): Promise<number> {
  const last = (await segmentsOf(folder)).at(-1);
  return last ? last.position + wholeRecords(await readFile(last.path)) : 0;
}
