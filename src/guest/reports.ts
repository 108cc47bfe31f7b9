import { z } from 'zod';
import { AtollError } from '../common/errors/atoll-error.js';
import { boundedJson } from './bounded-json.js';
import type { CommandEnd, StartFailure, Started, StdinTaken } from './types.js';

/** The agent's JSON, checked: it runs inside the fence, and is not believed. */
const count = z.number().int().nonnegative();

const started = z.object({ pid: count, started_at: count });

const failed = z.object({
  reason: z.enum(['not_found', 'not_executable', 'bad_cwd', 'bad_user', 'no_resources', 'duplicate', 'invalid']),
  // It names what was asked for, which may be long; the rest of the sentence stands before it.
  message: z.string().transform((text) => text.slice(0, 4096)),
  exit_code: count.max(255).optional(),
});

const ended = z.object({
  exit_code: count.max(255),
  signal: count.max(64).optional(),
  finished_at: count,
  length: count.max(2 ** 50), // as positions are: a seq is made of it
  oom: z.boolean(),
  user_ms: count,
  system_ms: count,
  max_rss_kb: count,
  timed_out: z.boolean(),
  stdout_bytes: count,
  stderr_bytes: count,
});

const taken = z.object({ written: count, closed: z.boolean() });

export interface StartRefusal {
  reason: StartFailure;
  message: string;
  exitCode?: number;
}

/** The header of an attached stream; undefined for what is no number. */
export function pidOf(header: unknown): number | undefined {
  return typeof header === 'string' && /^\d{1,7}$/.test(header) ? Number(header) : undefined;
}

export function startedOf(payload: Buffer): Started {
  const { pid, started_at } = parse(started, payload);
  return { pid, startedAt: started_at };
}

export function startRefusalOf(payload: Buffer): StartRefusal {
  const { reason, message, exit_code } = parse(failed, payload);
  return { reason, message, exitCode: exit_code };
}

export function commandEndOf(payload: Buffer): CommandEnd {
  const end = parse(ended, payload);
  return {
    exitCode: end.exit_code,
    signal: end.signal || undefined,
    finishedAt: end.finished_at,
    length: end.length,
    oom: end.oom,
    userMs: end.user_ms,
    systemMs: end.system_ms,
    maxRssKb: end.max_rss_kb,
    timedOut: end.timed_out,
    stdoutBytes: end.stdout_bytes,
    stderrBytes: end.stderr_bytes,
  };
}

export function stdinTakenOf(answer: Buffer): StdinTaken {
  return parse(taken, answer);
}

function parse<T>(schema: z.ZodType<T>, payload: Buffer): T {
  try {
    return schema.parse(boundedJson(payload));
  } catch (error) {
    throw new AtollError('INTERNAL_ERROR', 'the agent said something that is not understood', { cause: error });
  }
}
