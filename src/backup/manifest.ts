import { z } from 'zod';

/** The first entry of a backup: what it is a backup of. */
export const MANIFEST = 'atoll-backup.json';
export const DATABASE = 'atoll.db';
export const OUTPUT = 'output';
export const KEY = 'api-key';

/** Of the layout of the archive, not of the service. */
const FORMAT = 1;

const manifest = z.object({
  format: z.literal(FORMAT),
  /** Of the service that made it. */
  version: z.string(),
  /** RFC 3339. */
  createdAt: z.string(),
  instance: z.string(),
  schema: z.string(),
  sandboxes: z.number(),
  commands: z.number(),
});

export type Manifest = z.infer<typeof manifest>;

export const manifestText = (facts: Omit<Manifest, 'format'>): string =>
  `${JSON.stringify({ format: FORMAT, ...facts }, null, 2)}\n`;

/** Throws an Error with a sentence for the operator. */
export function parseManifest(text: string): Manifest {
  const parsed = manifest.safeParse(json(text));
  if (parsed.success) return parsed.data;
  throw new Error('This is no backup that this version can read.');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
