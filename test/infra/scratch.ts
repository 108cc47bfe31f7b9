import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** A project of these files beside the real one's configuration and packages, for as long as `use` takes. */
export async function withScratchProject<T>(
  files: Record<string, string>,
  use: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'atoll-scratch-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), content);
    }
    for (const name of ['package.json', 'tsconfig.json', 'eslint.config.js', '.dependency-cruiser.cjs']) {
      await copyFile(join(ROOT, name), join(dir, name));
    }
    await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Runs a tool of node_modules and parses what it prints as JSON; its exit code tells of findings, not of failure. */
export function runTool<T>(cwd: string, tool: string, args: string[]): Promise<T> {
  const { promise, resolve: answer, reject } = Promise.withResolvers<T>();
  const path = join(ROOT, 'node_modules/.bin', tool);
  execFile(process.execPath, [path, ...args], { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
    if (stdout) answer(JSON.parse(stdout) as T);
    else reject(error ?? new Error(`${tool} printed no report: ${stderr}`));
  });
  return promise;
}
