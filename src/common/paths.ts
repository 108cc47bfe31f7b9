/**
 * A path inside a sandbox made absolute. Nothing is normalised: `link/..` is not the same as nothing, and only the
 * sandbox's own file system knows.
 */
export function absolute(workingDir: string, path?: string): string {
  if (path === undefined) return workingDir;
  if (path.startsWith('/')) return path;
  return workingDir.endsWith('/') ? `${workingDir}${path}` : `${workingDir}/${path}`;
}
