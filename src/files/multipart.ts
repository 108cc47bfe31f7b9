import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { Readable } from 'node:stream';
import { AtollError, badRequest } from '../common/errors/atoll-error.js';

/** One file of a form: its name as the client gave it, and its bytes, which must be read before the next one comes. */
export type TakePart = (name: string, content: Readable) => Promise<void>;

/**
 * Reads a multipart body and hands its files on, one after the other, with backpressure. Resolves when all are taken; rejects with what `take`
 * threw, PAYLOAD_TOO_LARGE past `limit` files, or BAD_REQUEST for what is no such body. What is left of the body is then thrown away.
 */
export async function eachPart(body: Readable, contentType: string, limit: number, take: TakePart): Promise<void> {
  let parser: BusboyInstance;
  try {
    parser = new Busboy({ headers: { 'content-type': contentType }, preservePath: true, limits: { files: limit } });
  } catch (error) {
    body.resume();
    throw badRequest(`the body is no multipart form: ${(error as Error).message}`);
  }
  let taken: Promise<void> = Promise.resolve();
  let current: Readable | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const broken = () => reject(badRequest('the body broke off within the form'));
      parser.on('file', (_field: string, content: BusboyFileStream, name: string) => {
        content.on('error', () => undefined);
        current = content;
        taken = taken.then(() => take(name ?? '', content));
        taken.catch(reject);
      });
      parser.on('filesLimit', () => reject(new AtollError('PAYLOAD_TOO_LARGE', `more than ${limit} files`)));
      parser.on('error', broken).on('finish', resolve);
      body.on('error', broken).on('close', () => body.readableEnded || broken());
      body.pipe(parser);
    });
    await taken;
  } catch (error) {
    body.unpipe(parser);
    parser.destroy();
    current?.destroy(); // whoever reads it would wait for more
    body.resume();
    throw error;
  }
}

/** A file's name in a form as a path below the directory: what leads out of that, or names nothing, is a 400. */
export function partName(name: string): string {
  const parts = name.split('/');
  const bad = name === '' || name.includes('\0') || parts.some((part) => ['', '.', '..'].includes(part));
  if (bad)
    throw badRequest(`a file of the form is called ${JSON.stringify(name)}: it must be a relative path without ".."`);
  return name;
}
