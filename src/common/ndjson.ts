/** The content type of a stream of JSON objects, one a line. */
export const NDJSON = 'application/x-ndjson';

/** One object as one line. */
export const ndjsonLine = (value: object): string => `${JSON.stringify(value)}\n`;
