import { z } from 'zod';
import { etag, fileSize } from './file-entries.js';

/** How a file is written, besides its content; as the agent's parameters. */
export type WriteWishes = {
  /** Octal; else an existing file keeps its own, and a new one gets 0644. */
  mode?: string;
  uid?: number;
  gid?: number;
  /** Behind what is there. */
  append?: boolean;
  /** PRECONDITION_FAILED when there is a file. */
  create?: boolean;
  /** Etags with commas between, or `*`; PRECONDITION_FAILED when the file has none of them. */
  if_match?: string;
};

/** What a write did, as the agent says it, checked. */
export const writtenFile = z.object({
  size: fileSize,
  created: z.boolean(),
  etag,
});

export type WrittenFile = z.infer<typeof writtenFile>;
