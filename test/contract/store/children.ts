import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { StoreLocation } from '../../../src/store/store.js';

/** child.ts in a process of its own, in this very Node. */
export function startChild(task: 'migrate' | 'write', location: StoreLocation): ChildProcess {
  const file = (name: string) => join(import.meta.dirname, name);
  const args = ['--import', file('typescript-hooks.mjs'), file('child.ts'), task, JSON.stringify(location)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Its output and how it ended, once it has. */
export async function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

/** Resolves when it has written so many lines, or ends. */
export function lines(child: ChildProcess, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    child.stdout!.on('data', (text: string) => {
      left -= text.split('\n').length - 1;
      if (left <= 0) resolve();
    });
    child.once('close', () => resolve());
  });
}
