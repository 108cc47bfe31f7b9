import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../common/auth/public.decorator.js';
import { EngineHost } from '../engine/engine-host.js';
import { Healthy, Unhealthy } from './dto/health.dto.js';

@ApiTags('System')
@Controller('v1/health')
export class HealthController {
  constructor(private readonly engine: EngineHost) {}

  /** Whether the service and its engine work. Needs no key. */
  @Get()
  @Public()
  @ApiOkResponse({ type: Healthy })
  @ApiServiceUnavailableResponse({ type: Unhealthy })
  async check(@Res({ passthrough: true }) reply: FastifyReply): Promise<Healthy | Unhealthy> {
    try {
      await this.engine.ping();
      return { status: 'healthy' };
    } catch {
      void reply.status(503);
      return { status: 'unhealthy', error: 'the container engine does not answer' };
    }
  }
}
