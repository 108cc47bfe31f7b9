import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { Readable } from 'node:stream';
import { AtollError, badRequest } from '../common/errors/atoll-error.js';

/** One file of a form: its name as the client gave it, and its bytes, which must be read before the next one comes. */
export type TakePart = (name: string, content: Readable) => Promise<void>;

export interface FormBounds {
  /** More are a PAYLOAD_TOO_LARGE. */
  files: number;
  /** Of the whole body, whatever it holds; more are a PAYLOAD_TOO_LARGE. */
  bytes: number;
  /** That nothing of the body arrives, in ms; then it is a TIMEOUT. */
  idleMs: number;
}

/**
 * Reads a multipart body and hands its files on, those that have a name, one after the other, with backpressure. Resolves when all are taken; rejects with what `take`
 * threw, PAYLOAD_TOO_LARGE or TIMEOUT past the bounds, or BAD_REQUEST for what is no such body. What is left of the body is then thrown away.
 */
export async function eachPart(
  body: Readable,
  contentType: string,
  { files, bytes, idleMs }: FormBounds,
  take: TakePart,
): Promise<void> {
  let parser: BusboyInstance;
  try {
    parser = new Busboy({ headers: { 'content-type': contentType }, preservePath: true });
  } catch (error) {
    body.resume();
    throw badRequest(`the body is no multipart form: ${(error as Error).message}`);
  }
  let taken: Promise<void> = Promise.resolve();
  let current: Readable | undefined;
  let over = false;
  let quiet: () => void = () => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const broken = () => reject(badRequest('the body broke off within the form'));
      let count = 0;
      parser.on('file', (_field: string, content: BusboyFileStream, name?: string) => {
        content.on('error', () => undefined);
        const isFile = Boolean(name); // else a field that a browser had no file for, or bytes without a name
        if (isFile && ++count > files) reject(new AtollError('PAYLOAD_TOO_LARGE', `more than ${files} files`));
        if (!isFile || count > files) {
          content.resume();
          return;
        }
        current = content;
        taken = taken.then(() => (over ? undefined : take(name!, content)));
        taken.catch(reject);
      });
      parser.on('error', broken).on('finish', resolve);
      body.on('error', broken).on('close', () => body.readableEnded || broken());
      quiet = whenSilent(body, idleMs, () =>
        reject(new AtollError('TIMEOUT', `nothing of the body arrived for ${idleMs} ms`)),
      );
      let size = 0;
      body.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > bytes) reject(new AtollError('PAYLOAD_TOO_LARGE', `the body is larger than ${bytes} bytes`));
      });
      body.pipe(parser);
    });
    await taken;
  } catch (error) {
    over = true; // what came whole, but was not begun, is not begun any more
    body.unpipe(parser);
    parser.destroy();
    current?.destroy(); // whoever reads it would wait for more
    body.resume();
    throw error;
  } finally {
    quiet();
  }
}

/** Calls back when nothing comes for so long, though it is waited for: while a part goes on slowly, the silence is ours. Returns how to end it. */
function whenSilent(body: Readable, ms: number, late: () => void): () => void {
  const timer = setTimeout(() => (body.isPaused() ? timer.refresh() : late()), ms);
  const heard = () => void timer.refresh();
  const done = () => {
    clearTimeout(timer);
    body.off('data', heard).off('resume', heard).off('end', done);
  };
  body.on('data', heard).on('resume', heard).on('end', done);
  return done;
}

/** A file's name in a form as a path below the directory: what leads out of that, or names nothing, is a 400. */
export function partName(name: string): string {
  const parts = name.split('/');
  const bad = name === '' || name.includes('\0') || parts.some((part) => ['', '.', '..'].includes(part));
  if (bad)
    throw badRequest(`a file of the form is called ${JSON.stringify(name)}: it must be a relative path without ".."`);
  // The parser put it for what is not UTF-8: two such names would be one.
  if (name.includes('\ufffd'))
    throw badRequest(`a file of the form is called ${JSON.stringify(name)}: its name must be UTF-8`);
  return name;
}
