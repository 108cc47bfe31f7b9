import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { CreateSandboxRequest } from './dto/create-sandbox.request.dto.js';
import {
  CreatedSandbox,
  SandboxDetail,
  SandboxList,
  StartedSandbox,
  StoppedSandbox,
} from './dto/sandbox.responses.dto.js';
import { toCreated, toSandboxDetail, toSummary } from './sandbox-view.js';
import { SandboxesService } from './sandboxes.service.js';

@ApiTags('Sandboxes')
@ApiBearerAuth('ApiKeyAuth')
@Controller('v1/sandboxes')
export class SandboxesController {
  constructor(private readonly sandboxes: SandboxesService) {}

  /** List sandboxes, running and stopped. */
  @Get()
  @ApiErrors()
  async list(): Promise<SandboxList> {
    return { sandboxes: (await this.sandboxes.list()).map(toSummary) };
  }

  /** Create a sandbox and start it. It answers once commands can run in it. */
  @Post()
  @ApiErrors('ENGINE_UNAVAILABLE', 'INSUFFICIENT_STORAGE', 'TIMEOUT', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE')
  async create(@Body() request: CreateSandboxRequest): Promise<CreatedSandbox> {
    return toCreated(await this.sandboxes.create(request));
  }

  /** Inspect a sandbox, by its id or its name. */
  @Get(':id')
  @ApiErrors('NOT_FOUND')
  async inspect(@Param('id') id: string): Promise<SandboxDetail> {
    return toSandboxDetail(await this.sandboxes.get(id));
  }

  /** Delete a sandbox, whatever its state. One that is already gone, or never was, is a 204 too. */
  @Delete(':id')
  @HttpCode(204)
  @ApiErrors('ENGINE_UNAVAILABLE', 'TIMEOUT')
  async remove(@Param('id') id: string): Promise<void> {
    await this.sandboxes.remove(id);
  }

  /** Start a stopped sandbox. It gets a fresh expiration: its own last timeout from now. */
  @Post(':id/start')
  @HttpCode(200)
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'ENGINE_UNAVAILABLE', 'TIMEOUT')
  async start(@Param('id') id: string): Promise<StartedSandbox> {
    const { ports, expiresAt } = await this.sandboxes.start(id);
    return { status: 'started', ports, expires_at: new Date(expiresAt ?? 0).toISOString() };
  }

  /** Stop a running sandbox: its commands end, its files stay. */
  @Post(':id/stop')
  @HttpCode(200)
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'ENGINE_UNAVAILABLE', 'TIMEOUT')
  async stop(@Param('id') id: string): Promise<StoppedSandbox> {
    await this.sandboxes.stop(id);
    return { status: 'stopped' };
  }
}
