import { Injectable, StreamableFile } from '@nestjs/common';
import { badRequest } from '../common/errors/atoll-error.js';
import { render } from '../common/errors/error.filter.js';
import { toAtollError } from '../common/errors/to-atoll-error.js';
import { endedBy } from '../common/leaving/ended-by.js';
import { Leaving, LEAVING_LINE } from '../common/leaving/leaving.js';
import { NDJSON } from '../common/ndjson.js';
import { Config } from '../config/config.js';
import { AgentFiles } from '../guest/agent-files.js';
import type { Replaced } from '../guest/file-search.js';
import { FileWatch, type OpenWatch } from '../guest/file-watch.js';
import { streamOf } from '../guest/stream-body.js';
import { SandboxAccess } from '../sandboxes/sandbox-access.js';
import type { PlaceQuery } from './dto/place.query.dto.js';
import type { FileMatch, ReplaceRequest, SearchQuery, WatchQuery } from './dto/search.dto.js';
import { textIn } from './file-view.js';
import { askedBytes, targetOf } from './places.js';

const DEFAULT_LIMIT = 1000;

/** Finding in files, replacing in them, and following what happens to them. */
@Injectable()
export class FileSearchService {
  constructor(
    private readonly sandboxes: SandboxAccess,
    private readonly agent: AgentFiles,
    private readonly watches: FileWatch,
    private readonly config: Config,
    private readonly leaving: Leaving,
  ) {}

  /** Given up at the signal. */
  async search(
    idOrName: string,
    query: SearchQuery,
    signal: AbortSignal,
  ): Promise<{ matches: FileMatch[]; truncated: boolean }> {
    const { name, content, regex, ignore_case, limit, ...place } = query;
    if (name === undefined && content === undefined)
      throw badRequest('nothing to look for: give name, content or both');
    const most = this.config.files.maxListEntries;
    if (limit !== undefined && Number(limit) > most)
      throw badRequest(`limit must be at most ${most}`, { field: 'limit' });
    const { row, guest } = await this.sandboxes.running(idOrName);
    const flags = { regex: regex === 'true', ignore_case: ignore_case === 'true' };
    const wishes = { name, content, ...flags, limit: Number(limit ?? Math.min(DEFAULT_LIMIT, most)) };
    const { matches, truncated } = await this.agent.search(guest, targetOf(row, place), wishes, signal);
    const at = askedBytes(place);
    return {
      matches: matches.map(({ path, path_base64, ...match }) => ({ ...textIn(at, path, path_base64), ...match })),
      truncated,
    };
  }

  async replace(idOrName: string, query: PlaceQuery, request: ReplaceRequest): Promise<Replaced> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    const wishes = { ...request, max_bytes: this.config.files.maxTextBytes };
    return this.agent.replace(guest, targetOf(row, query), wishes);
  }

  /** ND-JSON; the answer begins when all is watched. */
  async watch(idOrName: string, { recursive, ...place }: WatchQuery): Promise<StreamableFile> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    const watch = await this.watches.open(guest, targetOf(row, place), recursive === 'true');
    // A stream of bytes is not what LeavingInterceptor ends with a line.
    const lines = endedBy(this.leaving.signal, linesOf(watch, askedBytes(place)), () => told(LEAVING_LINE));
    const body = streamOf(lines[Symbol.asyncIterator](), () => watch.stop());
    return new StreamableFile(body, { type: NDJSON });
  }
}

const told = (line: object) => Buffer.from(`${JSON.stringify(line)}\n`);

async function* linesOf({ events }: OpenWatch, at: Buffer): AsyncGenerator<Buffer> {
  try {
    for await (const { type, path, path_base64, from, from_base64, ...event } of events) {
      const where = path === undefined ? {} : textIn(at, path, path_base64);
      const was = from === undefined ? undefined : textIn(at, from, from_base64);
      yield told({ type, ...where, ...event, from: was?.path, from_base64: was?.path_base64 });
    }
  } catch (error) {
    const { code, message } = render(toAtollError(error));
    yield told({ type: 'error', code, message });
  }
}
