import { Injectable } from '@nestjs/common';
import { AgentStats, type Stats } from '../guest/agent-stats.js';
import type { Sandbox } from '../store/sandbox.types.js';
import type { CreateSandboxRequest } from './dto/create-sandbox.request.dto.js';
import type { CreatedSandbox } from './dto/sandbox.responses.dto.js';
import { IdempotentCreate } from './idempotent-create.js';
import { SandboxAccess } from './sandbox-access.js';
import { SandboxCreator } from './sandbox-creator.js';
import { SandboxPlanner } from './sandbox-plan.js';
import { toCreated } from './sandbox-view.js';

/** Making sandboxes, finding one, and what it uses. */
@Injectable()
export class SandboxesService {
  constructor(
    private readonly access: SandboxAccess,
    private readonly planner: SandboxPlanner,
    private readonly creator: SandboxCreator,
    private readonly idempotent: IdempotentCreate,
    private readonly agent: AgentStats,
  ) {}

  /** With a key, the same request again answers with the same sandbox. */
  create(request: CreateSandboxRequest, idempotencyKey?: string): Promise<CreatedSandbox> {
    const plan = this.planner.plan(request);
    return this.idempotent.run(idempotencyKey, request, async (use) => toCreated(await this.creator.create(plan, use)));
  }

  /** 409 where no agent runs to ask. */
  async stats(idOrName: string): Promise<Stats> {
    const { guest } = await this.access.running(idOrName);
    return this.agent.read(guest);
  }

  get(idOrName: string): Promise<Sandbox> {
    return this.access.get(idOrName);
  }
}
