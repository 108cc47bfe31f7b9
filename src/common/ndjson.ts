/** The content type of a stream of JSON objects, one a line. */
export const NDJSON = 'application/x-ndjson';
