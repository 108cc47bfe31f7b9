/** A file inside a sandbox, and as whom it is touched. */
export interface FileTarget {
  /** Absolute; any bytes but NUL. */
  path: Buffer;
  /** As an image's USER is written; empty is root. */
  user: string;
}

/** What else a call says: `true` is a flag that is set, what is undefined or false is left out. */
export type FileParameters = Record<string, Buffer | string | number | boolean | undefined>;

/** Path, user and parameters as the query of a call to the agent. */
export function fileQuery({ path, user }: FileTarget, more: FileParameters = {}): string {
  const all: FileParameters = { path, user, ...more };
  const pairs = Object.entries(all).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return [`${name}=${value === true ? '1' : escaped(Buffer.isBuffer(value) ? value : Buffer.from(String(value)))}`];
  });
  return `?${pairs.join('&')}`;
}

/** Bytes that are not unreserved in a URL are escaped, so that any path survives. */
const escaped = (bytes: Buffer): string =>
  bytes.toString('latin1').replace(/[^\w.~/-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
