import { Injectable } from '@nestjs/common';
import { isUtf8 } from 'node:buffer';
import { AtollError, badRequest } from '../common/errors/atoll-error.js';
import { Config } from '../config/config.js';
import { AgentFiles } from '../guest/agent-files.js';
import type { WriteWishes, WrittenFile } from '../guest/file-writes.js';
import { SandboxAccess } from '../sandboxes/sandbox-access.js';
import type { DirectoryList, FileStat } from './dto/files.dto.js';
import type { ListQuery } from './dto/list.query.dto.js';
import type { PlaceQuery } from './dto/place.query.dto.js';
import { bytesOf, type Encoding } from '../common/base64.js';
import { relativeBytes, toEntry, toStat } from './file-view.js';
import { cursorBehind, pathBehind } from './list-cursor.js';
import { formatList } from './ls-format.js';
import { askedBytes, shown, targetOf } from './places.js';

/** Files of a running sandbox as JSON, touched as the image's user or the one that is asked for. */
@Injectable()
export class FilesService {
  constructor(
    private readonly sandboxes: SandboxAccess,
    private readonly agent: AgentFiles,
    private readonly config: Config,
  ) {}

  /** 404 when there is none, 400 for a directory, 406 when it is to be text and is not UTF-8. */
  async read(idOrName: string, query: PlaceQuery, encoding: Encoding): Promise<string> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    const content = await this.agent.read(guest, targetOf(row, query), this.config.files.maxTextBytes);
    if (encoding === 'base64') return content.toString('base64');
    if (!isUtf8(content))
      throw new AtollError(
        'NOT_ACCEPTABLE',
        `"${shown(query).path}" is not UTF-8 text: read it with encoding=base64, or its bytes with Accept: application/octet-stream`,
      );
    return content.toString();
  }

  /** Replaces the content, all or nothing; parents are made. */
  async write(
    idOrName: string,
    query: PlaceQuery,
    text: { content: string; encoding: Encoding },
    wishes: WriteWishes,
  ): Promise<WrittenFile> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    // Line breaks are how many tools write base64.
    const content = text.encoding === 'base64' ? text.content.replace(/[\r\n]/g, '') : text.content;
    const bytes = bytesOf(content, text.encoding, 'content');
    const limit = this.config.files.maxTextBytes;
    if (bytes.length > limit) throw new AtollError('PAYLOAD_TOO_LARGE', `content is larger than ${limit} bytes`);
    return this.agent.write(guest, targetOf(row, query), bytes, wishes);
  }

  /** A directory goes with all that is in it. */
  async remove(idOrName: string, query: PlaceQuery): Promise<void> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    await this.agent.remove(guest, targetOf(row, query));
  }

  /** All of a directory (413 when that is too much), or with `limit` a page of it. */
  async list(idOrName: string, { limit, recursive, cursor, ...query }: ListQuery): Promise<DirectoryList> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    const most = this.config.files.maxListEntries;
    if (limit !== undefined && Number(limit) > most)
      throw badRequest(`limit must be at most ${most}`, { field: 'limit' });
    const place = (query.path ?? query.path_base64) ? query : { ...query, path: '/' };
    const after = cursor === undefined ? undefined : pathBehind(cursor);
    const wishes = { limit: Number(limit ?? most), recursive: recursive === 'true', after };
    const { entries, more } = await this.agent.list(guest, targetOf(row, place), wishes);
    if (more && limit === undefined)
      throw new AtollError('PAYLOAD_TOO_LARGE', `there are more than ${most} entries: read them with limit and cursor`);
    const at = askedBytes(place);
    return {
      ...shown(place),
      output: formatList(entries.map(({ path, path_base64, ...e }) => ({ ...e, ...named(e, path, path_base64) }))),
      entries: entries.map((entry) => toEntry(entry, at)),
      next_cursor: more ? cursorBehind(relativeBytes(entries.at(-1)!)) : undefined,
    };
  }

  /** One entry; a link itself, unless `follow`. */
  async stat(idOrName: string, query: PlaceQuery, follow: boolean): Promise<FileStat> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    return toStat(await this.agent.stat(guest, targetOf(row, query), follow), askedBytes(query));
  }
}

/** In the lines of a whole tree an entry goes by its path. */
const named = (entry: { name: string; name_base64?: string }, path?: string, base64?: string) =>
  path === undefined ? entry : { name: path, name_base64: base64 };
