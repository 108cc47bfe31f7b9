import { z } from 'zod';
import { MAX_FIELDS } from './bounded-json.js';
import { etag, fileSize, type AnswerBounds } from './file-entries.js';

/** What is looked for; as the agent's parameters. */
export type SearchWishes = {
  /** A glob. */
  name?: string;
  content?: string;
  regex?: boolean;
  ignore_case?: boolean;
  limit: number;
};

const whole = z.number().int().nonnegative();
const path = z.string().max(1_048_576);

const match = z.object({
  path,
  path_base64: path.optional(),
  type: z.enum(['file', 'directory', 'symlink', 'fifo', 'socket', 'char', 'block']),
  size: fileSize,
  line: whole.optional(),
  column: whole.optional(),
  text: z.string().max(8192).optional(),
});

/** The outcome of a search, checked; the first match that is none ends it, or each of thousands would make its own error. */
export const found = z.object({
  matches: z.array(z.unknown()).transform((all) => all.map((one) => match.parse(one))),
  truncated: z.boolean(),
});

export type Found = z.infer<typeof found>;

/** Of an answer with so many matches: paths may be long, but not all of them. */
export const foundBounds = (limit: number): AnswerBounds => ({
  bytes: Math.min(64, limit + 2) * 1_048_576,
  values: (limit + 1) * MAX_FIELDS,
});

/** What goes in the place of what; as the agent takes it. */
export interface ReplaceWishes {
  search: string;
  replace: string;
  regex?: boolean;
  ignore_case?: boolean;
  expected?: number;
  max_bytes: number;
}

export const replaced = z.object({ replacements: whole, etag });

export type Replaced = z.infer<typeof replaced>;

/** One line of a watch, checked. */
export const fileEvent = z.object({
  type: z.enum([
    ...(['started', 'created', 'modified', 'written', 'attributes'] as const),
    ...(['moved', 'deleted', 'overflow', 'end'] as const),
  ]),
  path: path.optional(),
  path_base64: path.optional(),
  directory: z.boolean().optional(),
  from: path.optional(),
  from_base64: path.optional(),
  reason: z.string().max(4096).optional(),
});

export type FileEvent = z.infer<typeof fileEvent>;
