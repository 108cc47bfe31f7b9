import { Injectable } from '@nestjs/common';
import { badRequest } from '../common/errors/atoll-error.js';
import { Config } from '../config/config.js';
import type { Command } from '../store/command.types.js';
import { toDetail } from './command-view.js';
import { CommandWatch } from './command-watch.js';
import type { LogsQuery } from './dto/logs.query.dto.js';
import { exitOf, ndjson, serverSentEvents } from './output/lines/render.js';
import { placeOf, seqPastEnd } from './output/lines/seq.js';
import { LogStream, type LogStreamOptions } from './output/log-stream.js';
import { logsAsJson } from './output/logs-json.js';
import { OutputStore } from './output/output-store.js';
import type { StreamName } from './output/records.js';

/** What is wanted of a stream of lines. */
export type LinesQuery = Pick<LogsQuery, 'stdout' | 'stderr' | 'encoding' | 'after' | 'heartbeat'>;

/** Reading what commands have said. */
@Injectable()
export class LogsService {
  constructor(
    private readonly config: Config,
    private readonly watch: CommandWatch,
    private readonly output: OutputStore,
  ) {}

  /** What it has said so far, as pieces of one JSON object: tens of megabytes as one text would hold everybody else up. */
  async read(command: Command, query: LogsQuery): Promise<AsyncIterable<string>> {
    const { length } = await this.watch.progress(command);
    return logsAsJson(await this.output.open(command.sandboxId, command.id, length), {
      maxBytes: this.config.commands.maxLogsBytes,
      tail: query.tail,
      streams: streamsOf(query),
      encoding: query.encoding ?? 'utf8',
      exitCode: command.exitCode,
    });
  }

  /**
   * Line by line, until it has ended. Undefined: the client has had the exit already, and comes back as browsers do with server-sent events
   * until they are told that there is nothing more. BAD_REQUEST for an `after` that no line of this command has.
   */
  async stream(command: Command, query: LinesQuery, asEvents: boolean): Promise<LogStream | undefined> {
    const { length, ended } = await this.watch.progress(command);
    const { after = 0 } = query;
    if (placeOf(after).position > length + (ended ? 1 : 0))
      throw badRequest('after must be the seq of a line of this command', { field: 'after' });
    if (asEvents && ended && after === seqPastEnd(length, 2)) return undefined;
    return this.lines(command, query, { asEvents, last: exitOf });
  }

  /** The command, what it says, and the command as it ended: one request runs it and reads all. */
  pair(command: Command, query: LinesQuery, timeoutMs?: number): LogStream {
    return this.lines(command, query, {
      asEvents: false,
      first: { command: toDetail(command) },
      last: (now) => ({ command: toDetail(now) }),
      deadlineMs: timeoutMs,
    });
  }

  private lines(
    command: Command,
    query: LinesQuery,
    { asEvents, ...form }: Pick<LogStreamOptions, 'first' | 'last' | 'deadlineMs'> & { asEvents: boolean },
  ): LogStream {
    const { after = 0, encoding = 'utf8', heartbeat } = query;
    return new LogStream(this.watch, command, {
      ...form,
      folder: this.output.folder(command.sandboxId, command.id),
      after,
      streams: streamsOf(query),
      wholeCharacters: encoding !== 'base64',
      rendering: asEvents ? serverSentEvents(encoding) : ndjson(encoding),
      heartbeatMs: heartbeat === undefined ? undefined : heartbeat * 1000,
    });
  }
}

function streamsOf({ stdout, stderr }: Pick<LogsQuery, 'stdout' | 'stderr'>): ReadonlySet<StreamName> {
  const wanted = new Set<StreamName>(['stdout', 'stderr']);
  if (stdout === 'false') wanted.delete('stdout');
  if (stderr === 'false') wanted.delete('stderr');
  return wanted;
}
