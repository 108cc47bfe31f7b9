import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { badRequest } from '../common/errors/atoll-error.js';
import { toAtollError } from '../common/errors/to-atoll-error.js';
import { noteSandbox } from '../common/http/request-facts.js';
import { createDuration, creates } from '../common/metrics/metrics.js';
import { isEngineError } from '../engine/errors.js';
import { AgentSetup } from '../guest/agent-setup.js';
import { ImageUse, noImage } from '../images/image-use.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { SandboxIntents, type KeyUse } from './sandbox-intents.js';
import type { SandboxPlan } from './sandbox-plan.js';
import { SandboxRunner } from './sandbox-runner.js';
import { startedState } from './sandbox-states.js';

/** Create is all or nothing: the intent is stored first, and whatever fails takes everything back. */
@Injectable()
export class SandboxCreator {
  private readonly logger = new Logger(SandboxCreator.name);

  constructor(
    private readonly images: ImageUse,
    private readonly setup: AgentSetup,
    private readonly intents: SandboxIntents,
    private readonly runner: SandboxRunner,
    private readonly clock: Clock,
  ) {}

  /** Throws KeyInUse when another request has the key meanwhile. */
  async create(plan: SandboxPlan, use?: KeyUse): Promise<Sandbox> {
    const begun = performance.now();
    const known: { transport?: string } = {};
    try {
      const row = await this.make(plan, use, known);
      creates.inc({ result: 'created', transport: row.transport });
      createDuration.observe({ transport: row.transport }, (performance.now() - begun) / 1000);
      return row;
    } catch (error) {
      creates.inc({ result: toAtollError(error).code, transport: known.transport ?? 'unknown' });
      throw error;
    }
  }

  private async make(plan: SandboxPlan, use: KeyUse | undefined, known: { transport?: string }): Promise<Sandbox> {
    const [image, setup] = await Promise.all([this.images.find(plan.image), this.setup.ready()]);
    known.transport = setup.transport;
    const intent = await this.intents.record(plan, image, setup, use);
    noteSandbox(intent.id);
    try {
      await this.runner.create(intent, setup, image.config.env.map(nameOf));
      const facts = await this.runner.start(intent);
      return await this.intents.fulfil(intent, startedState(intent, facts, this.clock.now()), use);
    } catch (error) {
      throw await this.undo(intent, named(error, plan));
    }
  }

  /** What can't be taken back now is left as an intent, without its claim, for the reconciler. Returns the first error, to be thrown. */
  private async undo(intent: Sandbox, error: unknown): Promise<unknown> {
    try {
      await this.runner.remove(intent.id);
      await this.intents.drop(intent);
    } catch (undoing) {
      this.logger.error(
        { err: undoing as Error, sandboxId: intent.id },
        'could not take back a failed create; the reconciler will',
      );
      await this.intents.leave(intent);
    }
    return error;
  }
}

/** What the engine refused, by the field that asked for it. */
function named(error: unknown, plan: SandboxPlan): unknown {
  if (isEngineError(error, 'no_such_image')) return noImage(plan.image);
  if (isEngineError(error, 'unsupported'))
    return badRequest(`resources.disk can not be kept: ${error.message}`, { field: 'resources.disk' });
  return error;
}

const nameOf = (line: string): string => line.split('=', 1)[0];
