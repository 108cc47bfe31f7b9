import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../common/auth/public.decorator.js';
import { EngineHost } from '../engine/engine-host.js';
import { Store } from '../store/store.js';
import { Healthy, Unhealthy } from './dto/health.dto.js';

const ENGINE_AWAY = 'the container engine does not answer';
const STORE_AWAY = 'the database does not answer';

@ApiTags('System')
@Controller('v1/health')
export class HealthController {
  constructor(
    private readonly engine: EngineHost,
    private readonly store: Store,
  ) {}

  /** Whether the service and its engine work. Needs no key. */
  @Get()
  @Public()
  @ApiOkResponse({ type: Healthy })
  @ApiServiceUnavailableResponse({ type: Unhealthy })
  check(@Res({ passthrough: true }) reply: FastifyReply): Promise<Healthy | Unhealthy> {
    return this.verdict(reply, [[ENGINE_AWAY, () => this.engine.ping()]]);
  }

  /** Whether the process answers, whatever is with its engine and its database: a new start would not mend those. Needs no key. */
  @Get('live')
  @Public()
  @ApiOkResponse({ type: Healthy })
  live(): Healthy {
    return { status: 'healthy' };
  }

  /** Whether calls can be sent here: the engine and the database answer. Needs no key. */
  @Get('ready')
  @Public()
  @ApiOkResponse({ type: Healthy })
  @ApiServiceUnavailableResponse({ type: Unhealthy })
  ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Healthy | Unhealthy> {
    return this.verdict(reply, [
      [STORE_AWAY, () => this.store.ping()],
      [ENGINE_AWAY, () => this.engine.ping()],
    ]);
  }

  /** 200, or 503 with the first that fails: its own words may hold addresses, and stay here. */
  private async verdict(
    reply: FastifyReply,
    checks: [error: string, check: () => Promise<void>][],
  ): Promise<Healthy | Unhealthy> {
    const wrong = await Promise.all(
      checks.map(([error, check]) =>
        check().then(
          () => undefined,
          () => error,
        ),
      ),
    );
    const error = wrong.find((each) => each !== undefined);
    if (error === undefined) return { status: 'healthy' };
    void reply.status(503);
    return { status: 'unhealthy', error };
  }
}
