import type { z } from 'zod';

/** What `process.env` looks like. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable of the environment: how it is read, and what docs/configuration.md says about it. */
export interface Variable {
  /** From the variable's text; `optional(…)` where being absent is fine and there is no default. */
  schema: z.ZodType<unknown, string | undefined>;
  group:
    | 'Service'
    | 'Metrics'
    | 'Traces'
    | 'Engine'
    | 'Store'
    | 'Sandboxes'
    | 'Agent'
    | 'Commands'
    | 'Files'
    | 'Images'
    | 'Previews';
  description: string;
  /** As it would be written in the environment. */
  default?: string;
  /** What the documentation says in place of a default that is worked out. */
  absent?: string;
  unit?: string;
}
