import { Injectable } from '@nestjs/common';
import { ImageUse } from '../images/image-use.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { CreateStream } from './create-stream.js';
import type { CreateSandboxRequest } from './dto/create-sandbox.request.dto.js';
import type { CreatedSandbox } from './dto/sandbox.responses.dto.js';
import { IdempotentCreate } from './idempotent-create.js';
import { SandboxAccess } from './sandbox-access.js';
import { SandboxCreator } from './sandbox-creator.js';
import type { KeyUse } from './sandbox-intents.js';
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
    private readonly images: ImageUse,
  ) {}

  /** With a key, the same request again answers with the same sandbox. The signal: the client has gone, and its image need not be pulled. */
  async create(
    request: CreateSandboxRequest,
    idempotencyKey: string | undefined,
    gone: AbortSignal,
  ): Promise<CreatedSandbox> {
    const plan = this.planner.plan(request);
    // What was answered already needs no registry.
    return this.idempotent.run(idempotencyKey, request, async (use) => {
      await this.images.ensure(plan.image, request.pull ?? 'never', gone);
      return toCreated(await this.creator.create(plan, use));
    });
  }

  /** The same, line by line, with the progress of the pull. */
  async follow(request: CreateSandboxRequest, idempotencyKey: string | undefined): Promise<CreateStream> {
    const plan = this.planner.plan(request);
    const answered = await this.idempotent.isAnswered(idempotencyKey, request);
    const pull = answered ? undefined : await this.images.follow(plan.image, request.pull ?? 'never');
    const create = async (use?: KeyUse) => toCreated(await this.creator.create(plan, use));
    return new CreateStream(pull, () => this.idempotent.run(idempotencyKey, request, create));
  }

  get(idOrName: string): Promise<Sandbox> {
    return this.access.get(idOrName);
  }
}
