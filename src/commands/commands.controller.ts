import { Body, Controller, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { NDJSON } from '../common/ndjson.js';
import { toDetail } from './command-view.js';
import { CommandsService } from './commands.service.js';
import { CommandAnswer, CommandList, CommandLogs } from './dto/command.responses.dto.js';
import { CreateCommandRequest } from './dto/create-command.request.dto.js';
import { KillCommandRequest } from './dto/kill-command.request.dto.js';
import { WaitQuery } from './dto/wait.query.dto.js';
import { waitPair } from './wait-pair.js';

const ANSWER = { schema: { $ref: getSchemaPath(CommandAnswer) } };

/** The same command as JSON, or twice as ND-JSON. */
const ApiCommandAnswer = (description: string) =>
  ApiOkResponse({ description, content: { 'application/json': ANSWER, [NDJSON]: ANSWER } });

@ApiTags('Commands')
@ApiBearerAuth('ApiKeyAuth')
@ApiExtraModels(CommandAnswer)
@Controller('v1/sandboxes/:id/cmd')
export class CommandsController {
  constructor(private readonly commands: CommandsService) {}

  /** List the commands of a sandbox, in the order of their start. */
  @Get()
  @ApiErrors('NOT_FOUND')
  async list(@Param('id') id: string): Promise<CommandList> {
    return { commands: (await this.commands.list(id)).map(toDetail) };
  }

  /** Start a command. It answers at once, or with `wait=true` as ND-JSON: the command when it has started and again when it has finished. */
  @Post()
  @HttpCode(200)
  @ApiCommandAnswer('The command that was started; as ND-JSON, again when it has finished.')
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'ENGINE_UNAVAILABLE', 'TIMEOUT', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE')
  async start(
    @Param('id') id: string,
    @Body() request: CreateCommandRequest,
    @Query() { wait }: WaitQuery,
  ): Promise<unknown> {
    const command = await this.commands.start(id, request);
    return wait === 'true' ? waitPair(command, this.commands.endOf(command)) : { command: toDetail(command) };
  }

  /** Inspect a command, or with `wait=true` wait for its end. */
  @Get(':cmdId')
  @ApiCommandAnswer('The command; as ND-JSON, again when it has finished.')
  @ApiErrors('NOT_FOUND')
  async inspect(
    @Param('id') id: string,
    @Param('cmdId') cmdId: string,
    @Query() { wait }: WaitQuery,
  ): Promise<unknown> {
    const command = await this.commands.get(id, cmdId);
    return wait === 'true' ? waitPair(command, this.commands.endOf(command)) : { command: toDetail(command) };
  }

  /** Send a signal to a command's process group. */
  @Post(':cmdId/kill')
  @HttpCode(200)
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'ENGINE_UNAVAILABLE', 'TIMEOUT', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE')
  async kill(
    @Param('id') id: string,
    @Param('cmdId') cmdId: string,
    @Body() { signal }: KillCommandRequest,
  ): Promise<CommandAnswer> {
    return { command: toDetail(await this.commands.kill(id, cmdId, signal)) };
  }

  /** Read what a command has said so far. */
  @Get(':cmdId/logs')
  @Header('cache-control', 'no-store')
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOkResponse({ type: CommandLogs })
  @ApiErrors('NOT_FOUND')
  async logs(@Param('id') id: string, @Param('cmdId') cmdId: string): Promise<unknown> {
    return this.commands.logs(id, cmdId);
  }
}
