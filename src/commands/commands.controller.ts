import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { NDJSON } from '../common/ndjson.js';
import { refuseWithout } from '../common/validation/only-with.js';
import type { Command } from '../store/command.types.js';
import { toDetail } from './command-view.js';
import { CommandWatch } from './command-watch.js';
import { CommandsService } from './commands.service.js';
import { FINISHED, PAIR, RUN, STARTED } from './dto/command.examples.js';
import { CommandAnswer, type CommandDetail, CommandList } from './dto/command.responses.dto.js';
import { CreateCommandRequest } from './dto/create-command.request.dto.js';
import { KillCommandRequest } from './dto/kill-command.request.dto.js';
import { ListCommandsQuery } from './dto/list-commands.query.dto.js';
import { WaitQuery } from './dto/wait.query.dto.js';
import { LogsService } from './logs.service.js';
import { waitPair } from './wait-pair.js';

const ANSWER = { schema: { $ref: getSchemaPath(CommandAnswer) } };

/** The same command as JSON, or twice as ND-JSON. */
const ApiCommandAnswer = (description: string, command: CommandDetail) =>
  ApiOkResponse({
    description,
    content: { 'application/json': { ...ANSWER, example: { command } }, [NDJSON]: { ...ANSWER, example: PAIR } },
  });

@ApiTags('Commands')
@ApiBearerAuth('ApiKeyAuth')
@ApiExtraModels(CommandAnswer)
@Controller('v1/sandboxes/:id/cmd')
export class CommandsController {
  constructor(
    private readonly commands: CommandsService,
    private readonly watch: CommandWatch,
    private readonly logs: LogsService,
  ) {}

  /** List the commands of a sandbox, in the order of their start. */
  @Get()
  @ApiOkResponse({ type: CommandList, example: { commands: [FINISHED] } })
  @ApiErrors('NOT_FOUND')
  async list(@Param('id') id: string, @Query() query: ListCommandsQuery): Promise<CommandList> {
    const { commands, nextCursor } = await this.commands.list(id, query);
    return { commands: commands.map(toDetail), next_cursor: nextCursor };
  }

  /** Start a command. It answers at once, or with `wait=true` as ND-JSON: the command when it has started and again when it has finished. */
  @Post()
  @HttpCode(200)
  @ApiBody({ type: CreateCommandRequest, examples: RUN })
  @ApiCommandAnswer('The command that was started; as ND-JSON, again when it has finished.', STARTED)
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'TIMEOUT', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE')
  async start(
    @Param('id') id: string,
    @Body() request: CreateCommandRequest,
    @Query() query: WaitQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    checkWait(query);
    return this.answer(await this.commands.start(id, request), query, reply);
  }

  /** Inspect a command, or with `wait=true` wait for its end. */
  @Get(':cmdId')
  @ApiCommandAnswer('The command; as ND-JSON, again when it has finished.', FINISHED)
  @ApiErrors('NOT_FOUND')
  async inspect(
    @Param('id') id: string,
    @Param('cmdId') cmdId: string,
    @Query() query: WaitQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    checkWait(query);
    return this.answer(await this.commands.get(id, cmdId), query, reply);
  }

  /** Send a signal to a command's processes. */
  @Post(':cmdId/kill')
  @HttpCode(200)
  @ApiOkResponse({ type: CommandAnswer, example: { command: STARTED } })
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'TIMEOUT', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE')
  async kill(
    @Param('id') id: string,
    @Param('cmdId') cmdId: string,
    @Body() { signal }: KillCommandRequest,
  ): Promise<CommandAnswer> {
    return { command: toDetail(await this.commands.kill(id, cmdId, signal)) };
  }

  private answer(command: Command, query: WaitQuery, reply: FastifyReply): unknown {
    const { wait, wait_timeout: seconds, logs, encoding } = query;
    if (wait !== 'true') return { command: toDetail(command) };
    void reply.type(NDJSON).header('x-accel-buffering', 'no'); // proxies hand on each line as it comes
    const timeoutMs = seconds === undefined ? undefined : seconds * 1000;
    if (logs !== 'true') return waitPair(this.watch, command, timeoutMs);
    return this.logs.pair(command, { encoding }, timeoutMs);
  }
}

/** What has no effect without `wait` is refused, before anything is started. */
function checkWait({ wait, wait_timeout, logs, encoding }: WaitQuery): void {
  const wantsLogs = logs === 'true' || undefined;
  if (wait !== 'true') refuseWithout('wait=true', { wait_timeout, logs: wantsLogs });
  if (!wantsLogs) refuseWithout('logs=true', { encoding });
}
