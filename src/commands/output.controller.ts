import { Controller, Get, Header, Headers, Param, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtraModels,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { badRequest } from '../common/errors/atoll-error.js';
import { NDJSON } from '../common/ndjson.js';
import { refuseWithout } from '../common/validation/only-with.js';
import type { Command } from '../store/command.types.js';
import { CommandsService } from './commands.service.js';
import { CommandLogs, LogLine } from './dto/logs.responses.dto.js';
import { LogsQuery } from './dto/logs.query.dto.js';
import { LogsService } from './logs.service.js';

const EVENTS = 'text/event-stream';
const LINE = { schema: { $ref: getSchemaPath(LogLine) } };

/** What commands say. */
@ApiTags('Commands')
@ApiBearerAuth('ApiKeyAuth')
@ApiExtraModels(CommandLogs, LogLine)
@Controller('v1/sandboxes/:id/cmd/:cmdId/logs')
export class OutputController {
  constructor(
    private readonly commands: CommandsService,
    private readonly logs: LogsService,
  ) {}

  /**
   * Read what a command has said: all of it so far, or with `stream=true` line by line until it has ended. A line is
   * `{"type":"stdout"|"stderr","data","seq"}`, with its terminator; one past 64 KiB comes in pieces, an unfinished one after 100 ms. Where output is missing,
   * because it was past a bound, there is `{"type":"truncated","bytes","seq"}`; the last line is `{"type":"exit","state","exit_code",…}`, or
   * `{"type":"error","code","message"}` when reading failed.
   */
  @Get()
  @Header('cache-control', 'no-store')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: '`after`, as a browser sends it with SSE.' })
  @ApiOkResponse({
    description: 'As JSON; with `stream=true` as ND-JSON, or as server-sent events with `Accept: text/event-stream`.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(CommandLogs) } },
      [NDJSON]: LINE,
      [EVENTS]: LINE,
    },
  })
  @ApiNoContentResponse({ description: 'An event source that comes back behind the last event: there is no more.' })
  @ApiErrors('NOT_FOUND')
  async read(
    @Param('id') id: string,
    @Param('cmdId') cmdId: string,
    @Query() query: LogsQuery,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    checkStream(query);
    const command = await this.commands.get(id, cmdId);
    if (query.stream === 'true') return this.stream(command, query, headers, reply);
    const answer = await this.logs.read(command, query);
    void reply.type('application/json; charset=utf-8');
    return answer;
  }

  private async stream(
    command: Command,
    query: LogsQuery,
    { accept, 'last-event-id': lastEventId }: IncomingHttpHeaders,
    reply: FastifyReply,
  ): Promise<unknown> {
    const asEvents = accept?.includes(EVENTS) ?? false;
    const after = asEvents && /^\d{1,15}$/.test(String(lastEventId)) ? Number(lastEventId) : query.after;
    const stream = await this.logs.stream(command, { ...query, after }, asEvents);
    void reply.header('x-accel-buffering', 'no'); // proxies hand on each line as it comes
    if (stream) void reply.type(asEvents ? EVENTS : NDJSON);
    else void reply.status(204);
    return stream;
  }
}

/** What has no effect without `stream`, or with it, is refused. */
function checkStream({ stream, tail, after, heartbeat }: LogsQuery): void {
  if (stream !== 'true') refuseWithout('stream=true', { after, heartbeat });
  else if (tail !== undefined) throw badRequest('tail can not be used with stream=true', { field: 'tail' });
}
