import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';

export interface TarEntry {
  /** With a slash at its end: a folder. */
  name: string;
  mode: number;
  content?: Buffer;
}

/** A tar archive of root's files, the same bytes for the same entries. */
export async function packTar(entries: TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, mode, content } of entries) {
    const type = name.endsWith('/') ? 'directory' : 'file';
    tar.entry({ name, mode, type, uid: 0, gid: 0, mtime: new Date(0) }, content ?? Buffer.alloc(0));
  }
  tar.finalize();
  return buffer(tar);
}

export interface TarFile {
  mode: number;
  /** Hex. */
  sha256: string;
}

/** The one regular file of an archive; undefined when it holds something else. Reads the archive to its end. */
export async function readSingleFile(archive: NodeJS.ReadableStream): Promise<TarFile | undefined> {
  const entries = extract();
  const files: (TarFile | undefined)[] = [];
  entries.on('entry', (header, content, next) => {
    const hash = createHash('sha256');
    content.on('data', (chunk) => hash.update(chunk as Buffer));
    content.on('end', () => {
      const file =
        header.type === 'file' ? { mode: (header.mode ?? 0) & 0o7777, sha256: hash.digest('hex') } : undefined;
      files.push(file);
      next();
    });
    content.on('error', next);
  });
  await pipeline(archive, entries as unknown as NodeJS.WritableStream);
  return files.length === 1 ? files[0] : undefined;
}
