import { HttpException, HttpStatus, Injectable } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { type Part, PARTS, Parts } from './parts.js';
import type { PartHealth } from './dto/health.dto.js';

/** Whether each part works, and what to say of all. */
export interface Readiness {
  /** What is wrong, the first of it; undefined: nothing that keeps calls from being answered. */
  error?: string;
  parts: Record<Part, PartHealth>;
}

/** Readiness, part by part. Those who ask at once share one answer: nobody needs a key for it. */
@Injectable()
export class ReadinessCheck {
  private asking?: Promise<Readiness>;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly parts: Parts,
  ) {}

  ask(): Promise<Readiness> {
    this.asking ??= this.check().finally(() => (this.asking = undefined));
    return this.asking;
  }

  private async check(): Promise<Readiness> {
    const { details } = await this.result();
    const parts = Object.fromEntries(
      PARTS.map((part) => [
        part,
        { status: details[part].status, message: details[part].message as string | undefined },
      ]),
    ) as Readiness['parts'];
    const wrong = PARTS.find((part) => parts[part].status === 'down');
    return { error: wrong && parts[wrong].message, parts };
  }

  /** Terminus throws its result where a part is down; how that is answered is ours. */
  private async result(): Promise<HealthCheckResult> {
    try {
      return await this.health.check(PARTS.map((part) => () => this.indicator(part)));
    } catch (error) {
      if (error instanceof HttpException && error.getStatus() === Number(HttpStatus.SERVICE_UNAVAILABLE))
        return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }

  private async indicator(part: Part): Promise<HealthIndicatorResult> {
    const { status, message } = await this.parts.check(part);
    const indicator = this.indicators.check(part);
    const why: Record<string, string> = message === undefined ? {} : { message };
    switch (status) {
      case 'up':
        return indicator.up(why);
      case 'degraded':
        return indicator.degraded(why);
      case 'down':
        return indicator.down(why);
    }
  }
}
