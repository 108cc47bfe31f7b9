/** The content type of a stream of JSON objects, one a line. */
export const NDJSON = 'application/x-ndjson';

/** Whether an Accept header asks for ND-JSON; it has to name it. */
export const acceptsNdjson = (accept: string | undefined): boolean =>
  (accept ?? '').split(',').some((part) => /^\s*application\/x-ndjson\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/i.test(part));
