import { Injectable } from '@nestjs/common';
import type { Sandbox } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import type { CreateSandboxRequest } from './dto/create-sandbox.request.dto.js';
import { SandboxAccess } from './sandbox-access.js';
import { SandboxCreator } from './sandbox-creator.js';
import { SandboxLifecycle } from './sandbox-lifecycle.js';
import { SandboxPlanner } from './sandbox-plan.js';
import { VISIBLE } from './sandbox-view.js';

/** What the controller calls: one method a call of the API. */
@Injectable()
export class SandboxesService {
  constructor(
    private readonly sandboxes: SandboxesRepository,
    private readonly access: SandboxAccess,
    private readonly planner: SandboxPlanner,
    private readonly creator: SandboxCreator,
    private readonly lifecycle: SandboxLifecycle,
  ) {}

  async create(request: CreateSandboxRequest): Promise<Sandbox> {
    return this.creator.create(this.planner.plan(request));
  }

  list(): Promise<Sandbox[]> {
    return this.sandboxes.list({ status: [...VISIBLE] });
  }

  get(idOrName: string): Promise<Sandbox> {
    return this.access.get(idOrName);
  }

  remove(idOrName: string): Promise<void> {
    return this.lifecycle.remove(idOrName);
  }

  start(idOrName: string): Promise<Sandbox> {
    return this.lifecycle.start(idOrName);
  }

  stop(idOrName: string): Promise<Sandbox> {
    return this.lifecycle.stop(idOrName);
  }
}
