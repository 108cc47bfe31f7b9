import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Public } from '../common/auth/public.decorator.js';
import { Healthy, NotReady, Ready, Unhealthy } from './dto/health.dto.js';
import { Parts } from './parts.js';
import { ReadinessCheck } from './readiness.js';

@ApiTags('System')
@Controller('v1/health')
export class HealthController {
  constructor(
    private readonly parts: Parts,
    private readonly readiness: ReadinessCheck,
  ) {}

  /** Whether the service and its engine work. Needs no key. */
  @Get()
  @RouteConfig({ head: true })
  @Public()
  @ApiOkResponse({ type: Healthy })
  @ApiServiceUnavailableResponse({ type: Unhealthy })
  async check(@Res({ passthrough: true }) reply: FastifyReply): Promise<Healthy | Unhealthy> {
    const { status, message } = await this.parts.check('engine');
    if (status === 'up') return { status: 'healthy' };
    void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: 'unhealthy', error: message! };
  }

  /** Whether the process answers, whatever is with its engine and its database: a new start would not mend those. Needs no key. */
  @Get('live')
  @RouteConfig({ head: true })
  @Public()
  @ApiOkResponse({ type: Healthy })
  live(): Healthy {
    return { status: 'healthy' };
  }

  /** Whether calls can be sent here: the database, its schema, the data directory and the engine, part by part. Needs no key. */
  @Get('ready')
  @RouteConfig({ head: true })
  @Public()
  @ApiOkResponse({ type: Ready })
  @ApiServiceUnavailableResponse({ type: NotReady })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Ready | NotReady> {
    const { error, parts } = await this.readiness.ask();
    if (error === undefined) return { status: 'healthy', parts };
    void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: 'unhealthy', error, parts };
  }
}
