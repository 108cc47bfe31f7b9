import { buffer } from 'node:stream/consumers';
import { pack, type Header } from 'tar-stream';

export type TarEntry = [Partial<Header> & { name: string }, (string | Buffer)?];

/** An archive of these entries. */
export function tarOf(...entries: TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const [header, content] of entries) archive.entry(header, content ?? '');
  archive.finalize();
  return buffer(archive);
}
