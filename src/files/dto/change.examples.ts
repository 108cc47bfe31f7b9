import type { AttributesRequest, ToRequest } from './change.dto.js';
import type { ReplaceRequest } from './search.dto.js';

// Made of the members' own examples, a request would say the same twice, by text and by bytes.

/** What Swagger UI proposes as a new place. */
export const TO = { simple: { summary: 'a path', value: { to: '/tmp/other.txt' } satisfies ToRequest } };

/** What Swagger UI proposes to change. */
export const MODE = { simple: { summary: 'a mode', value: { mode: '0755' } satisfies AttributesRequest } };

/** What Swagger UI proposes to replace. */
export const REPLACE = {
  simple: { summary: 'a text', value: { search: 'colour', replace: 'color' } satisfies ReplaceRequest },
};
