import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** What a comment right before a block says of it; nothing: it is run as it stands, and every call in it must succeed. */
export type Mark =
  | { how: 'run' }
  /** Its calls are answered with that status. */
  | { how: 'answers'; status: number }
  /** It runs until it is stopped. */
  | { how: 'background' }
  /** Another test does what it does. */
  | { how: 'by'; file: string }
  | { how: 'not'; reason: string }
  /** A comment that is none of these. */
  | { how: 'unknown'; text: string };

export interface Block {
  /** Of the fence, from 1. */
  line: number;
  text: string;
  mark: Mark;
  /** What a JSON block right behind it shows as its answer. */
  shows?: string;
}

/** All documents of the project. */
export const documents = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .trim()
    .split('\n');

const FENCE = /^( *)```(\w*)$/;

/** The shell blocks of a document, in their order. */
export function shellBlocks(document: string): Block[] {
  const lines = readFileSync(join(ROOT, document), 'utf8').split('\n');
  const blocks: Block[] = [];
  let last: Block | undefined;
  for (let at = 0; at < lines.length; at++) {
    const opening = FENCE.exec(lines[at]);
    if (!opening) {
      if (lines[at].trim() !== '') last = undefined;
      continue;
    }
    const [, indent, language] = opening;
    const end = lines.findIndex((line, index) => index > at && line.trim() === '```');
    const text = lines
      .slice(at + 1, end)
      .map((line) => line.slice(indent.length))
      .join('\n');
    if (language === 'sh' || language === 'bash') {
      last = { line: at + 1, text, mark: markOf(lines.slice(0, at).findLast((line) => line.trim() !== '') ?? '') };
      blocks.push(last);
    } else {
      if (language === 'json' && last) last.shows = text;
      last = undefined;
    }
    at = end;
  }
  return blocks;
}

function markOf(line: string): Mark {
  const [, text] = /^ *<!-- (.*) -->$/.exec(line) ?? [];
  if (text === undefined) return { how: 'run' };
  if (text === 'in the background') return { how: 'background' };
  const [, status] = /^answers (\d{3})$/.exec(text) ?? [];
  if (status) return { how: 'answers', status: Number(status) };
  const [, file] = /^run by (\S+)$/.exec(text) ?? [];
  if (file) return { how: 'by', file };
  const [, reason] = /^not run: (.+)$/.exec(text) ?? [];
  return reason ? { how: 'not', reason } : { how: 'unknown', text };
}
