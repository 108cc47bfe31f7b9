import { Injectable } from '@nestjs/common';
import type { Sandbox } from '../store/sandbox.types.js';
import type { CreateSandboxRequest } from './dto/create-sandbox.request.dto.js';
import type { CreatedSandbox } from './dto/sandbox.responses.dto.js';
import { IdempotentCreate } from './idempotent-create.js';
import { SandboxAccess } from './sandbox-access.js';
import { SandboxCreator } from './sandbox-creator.js';
import { SandboxPlanner } from './sandbox-plan.js';
import { toCreated } from './sandbox-view.js';

/** Making sandboxes, and finding one. */
@Injectable()
export class SandboxesService {
  constructor(
    private readonly access: SandboxAccess,
    private readonly planner: SandboxPlanner,
    private readonly creator: SandboxCreator,
    private readonly idempotent: IdempotentCreate,
  ) {}

  /** With a key, the same request again answers with the same sandbox. */
  create(request: CreateSandboxRequest, idempotencyKey?: string): Promise<CreatedSandbox> {
    const plan = this.planner.plan(request);
    return this.idempotent.run(idempotencyKey, request, async (use) => toCreated(await this.creator.create(plan, use)));
  }

  get(idOrName: string): Promise<Sandbox> {
    return this.access.get(idOrName);
  }
}
