import { z } from 'zod';
import { LABEL } from '../engine/labels.js';
import type { ContainerSummary } from '../engine/types.js';
import type { NewSandbox, Sandbox, StoredPort } from '../store/sandbox.types.js';
import { PORT_PATTERN } from './ports.js';

/**
 * What never changes of a sandbox is written on its container too, so that a row that is lost can be made again from it. What tells people
 * whose container it is are labels; the rest is a variable of PID 1's, since labels travel with every list and every event of the engine. The
 * agent wipes it with its whole environment.
 */
const VARIABLE = 'ATOLL_RECORD';

/** Linux takes 128 KiB for one variable. */
const MAX_LENGTH = 96 * 1024;

const record = z.object({
  imageId: z.string().startsWith('sha256:'),
  ports: z.array(z.custom<StoredPort>((port) => typeof port === 'string' && PORT_PATTERN.test(port))),
  memoryMb: z.number().int().positive(),
  cpus: z.number().positive(),
  pids: z.number().int().positive().nullable(),
  diskMb: z.number().int().positive().nullable(),
  timeoutS: z.number().int().positive(),
  guest: z.object({ env: z.array(z.string()), workingDir: z.string(), user: z.string() }),
  labels: z.record(z.string(), z.string()),
});

const identity = z.object({
  id: z.string().regex(/^sb_[0-9a-z]{20}$/),
  name: z.string().regex(/^[a-z]+-[a-z]+(-\d+)?$/),
  owner: z.string().min(1),
  image: z.string().min(1),
  createdAt: z.coerce.number().int().positive(),
  secret: z.string().regex(/^[0-9a-f]{64}$/),
  transport: z.enum(['socket', 'exec']),
});

/** Goes on the container of this sandbox. */
export function recordLabels({ owner, createdAt, name, image }: Sandbox): Record<string, string> {
  return { [LABEL.owner]: owner, [LABEL.created]: String(createdAt), [LABEL.name]: name, [LABEL.image]: image };
}

/** Goes into PID 1's environment. Nothing when it would be too long, for the sake of a large `env`: such a sandbox can't be adopted. */
export function recordVariables(row: Sandbox): Record<string, string> {
  const text = JSON.stringify(record.parse(row));
  return Buffer.byteLength(text) > MAX_LENGTH ? {} : { [VARIABLE]: text };
}

/** A sandbox as its container remembers it; undefined where that is not whole. */
export function readRecord(
  { labels }: ContainerSummary,
  env: Record<string, string>,
): Omit<NewSandbox, 'status'> | undefined {
  const told = record.safeParse(json(env[VARIABLE]));
  const known = identity.safeParse({
    id: labels[LABEL.sandbox],
    name: labels[LABEL.name],
    owner: labels[LABEL.owner],
    image: labels[LABEL.image],
    createdAt: labels[LABEL.created],
    secret: env.ATOLL_SECRET,
    transport: env.ATOLL_TRANSPORT,
  });
  return told.success && known.success ? { ...told.data, ...known.data } : undefined;
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
