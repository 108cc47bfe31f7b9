import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { clientGone } from '../common/http/client-gone.js';
import { acceptsNdjson } from '../common/ndjson.js';
import { ApiCreate } from './api-create.decorator.js';
import { CreateQuery, CreateSandboxRequest } from './dto/create-sandbox.request.dto.js';
import { ListSandboxesQuery } from './dto/list-sandboxes.query.dto.js';
import { RenewExpirationRequest } from './dto/renew-expiration.request.dto.js';
import {
  PausedSandbox,
  RenewedSandbox,
  RestartedSandbox,
  ResumedSandbox,
  SandboxDetail,
  SandboxList,
  SandboxNetwork,
  StartedSandbox,
  StoppedSandbox,
} from './dto/sandbox.responses.dto.js';
import { LIST, RUNNING } from './dto/sandbox.examples.js';
import { StatsQuery } from './dto/stats.query.dto.js';
import { SandboxStats } from './dto/stats.response.dto.js';
import { StopQuery } from './dto/stop.query.dto.js';
import { SandboxLifecycle } from './sandbox-lifecycle.js';
import { SandboxLister } from './sandbox-list.js';
import { SandboxPlanner } from './sandbox-plan.js';
import { SandboxUsage } from './sandbox-usage.js';
import { toSandboxDetail, toStats, toSummary } from './sandbox-view.js';
import { SandboxesService } from './sandboxes.service.js';

/** What a call that asks the engine can answer with. */
const ENGINE = ['NOT_FOUND', 'CONFLICT', 'TIMEOUT'] as const;
const BODY = ['UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE'] as const;

const isoTime = (milliseconds: number | null): string => new Date(milliseconds ?? 0).toISOString();

@ApiTags('Sandboxes')
@ApiBearerAuth('ApiKeyAuth')
@Controller('v1/sandboxes')
export class SandboxesController {
  constructor(
    private readonly sandboxes: SandboxesService,
    private readonly lifecycle: SandboxLifecycle,
    private readonly lister: SandboxLister,
    private readonly planner: SandboxPlanner,
    private readonly usage: SandboxUsage,
  ) {}

  /** List sandboxes, running and stopped; all of them unless something narrows it down. */
  @Get()
  @ApiOkResponse({ type: SandboxList, example: LIST })
  @ApiErrors()
  async list(@Query() query: ListSandboxesQuery): Promise<SandboxList> {
    const { rows, nextCursor } = await this.lister.list(query);
    return { sandboxes: rows.map(toSummary), next_cursor: nextCursor };
  }

  /** Create a sandbox and start it. It answers once commands can run in it, or with `stream=true` as ND-JSON with the progress of a pull. */
  @Post()
  @ApiCreate()
  create(
    @Body() request: CreateSandboxRequest,
    @Query() { stream }: CreateQuery,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('Idempotency-Key') key?: string,
  ): Promise<unknown> {
    if (stream !== 'true' && (stream === 'false' || !acceptsNdjson(headers.accept)))
      return this.sandboxes.create(request, key, clientGone(reply.raw));
    void reply.status(200); // that it is created is for the last line to say
    return this.sandboxes.follow(request, key);
  }

  /** Inspect a sandbox, by its id or its name. */
  @Get(':id')
  @ApiOkResponse({ type: SandboxDetail, example: RUNNING })
  @ApiErrors('NOT_FOUND')
  async inspect(@Param('id') id: string): Promise<SandboxDetail> {
    return toSandboxDetail(await this.sandboxes.get(id));
  }

  /** Delete a sandbox, whatever its state. One that is already gone, or never was, is a 204 too. */
  @Delete(':id')
  @HttpCode(204)
  @ApiErrors('CONFLICT', 'TIMEOUT')
  async remove(@Param('id') id: string): Promise<void> {
    await this.lifecycle.remove(id);
  }

  /** Start a stopped sandbox. It gets a fresh expiration: its own last timeout from now. */
  @Post(':id/start')
  @HttpCode(200)
  @ApiErrors(...ENGINE)
  async start(@Param('id') id: string): Promise<StartedSandbox> {
    const { ports, expiresAt } = await this.lifecycle.start(id);
    return { status: 'started', ports, expires_at: isoTime(expiresAt) };
  }

  /** Stop a running or paused sandbox: its commands end, its files stay. */
  @Post(':id/stop')
  @HttpCode(200)
  @ApiErrors(...ENGINE)
  async stop(@Param('id') id: string, @Query() { grace }: StopQuery): Promise<StoppedSandbox> {
    await this.lifecycle.stop(id, grace);
    return { status: 'stopped' };
  }

  /** Stop a sandbox, if it runs, and start it again. It gets a fresh expiration. */
  @Post(':id/restart')
  @HttpCode(200)
  @ApiErrors(...ENGINE)
  async restart(@Param('id') id: string, @Query() { grace }: StopQuery): Promise<RestartedSandbox> {
    const { ports, expiresAt } = await this.lifecycle.restart(id, grace);
    return { status: 'restarted', ports, expires_at: isoTime(expiresAt) };
  }

  /** Freeze all processes of a running sandbox. Its expiration goes on. */
  @Post(':id/pause')
  @HttpCode(200)
  @ApiErrors(...ENGINE)
  async pause(@Param('id') id: string): Promise<PausedSandbox> {
    await this.lifecycle.pause(id);
    return { status: 'paused' };
  }

  /** Thaw a paused sandbox. */
  @Post(':id/resume')
  @HttpCode(200)
  @ApiErrors(...ENGINE)
  async resume(@Param('id') id: string): Promise<ResumedSandbox> {
    await this.lifecycle.resume(id);
    return { status: 'resumed' };
  }

  /** Give a running or paused sandbox a new expiration. */
  @Post(':id/renew-expiration')
  @HttpCode(200)
  @ApiErrors('NOT_FOUND', 'CONFLICT', ...BODY)
  async renew(@Param('id') id: string, @Body() { timeout }: RenewExpirationRequest): Promise<RenewedSandbox> {
    this.planner.checkTimeout(timeout);
    const { expiresAt } = await this.lifecycle.renew(id, timeout);
    return { status: 'renewed', timeout, expires_at: isoTime(expiresAt) };
  }

  /** What a running sandbox uses now. */
  @Get(':id/stats')
  @ApiErrors(...ENGINE)
  async stats(@Param('id') id: string, @Query() { disk }: StatsQuery): Promise<SandboxStats> {
    return toStats(await this.usage.read(id, disk === 'true'));
  }

  /** Which ports of the engine's loopback lead into a sandbox. */
  @Get(':id/network')
  @ApiErrors('NOT_FOUND')
  async network(@Param('id') id: string): Promise<SandboxNetwork> {
    const { ports, portMap } = await this.sandboxes.get(id);
    return { main_port: ports[0] ?? '', ports_map: portMap };
  }
}
