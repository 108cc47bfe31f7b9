import { Injectable } from '@nestjs/common';
import { badRequest } from '../common/errors/atoll-error.js';
import { AgentFiles } from '../guest/agent-files.js';
import { SandboxAccess } from '../sandboxes/sandbox-access.js';
import type { AttributesRequest, SymlinkRequest, ToRequest } from './dto/change.dto.js';
import type { PlaceQuery } from './dto/place.query.dto.js';
import { destinationOf, targetOf } from './places.js';

/** What is done with files besides their contents. */
@Injectable()
export class FileChangesService {
  constructor(
    private readonly sandboxes: SandboxAccess,
    private readonly agent: AgentFiles,
  ) {}

  /** Resolves to whether it was made; one that is there is fine. */
  async mkdir(idOrName: string, query: PlaceQuery, mode?: string): Promise<boolean> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    return this.agent.mkdir(guest, targetOf(row, query), mode);
  }

  async symlink(idOrName: string, query: PlaceQuery, { target, overwrite }: SymlinkRequest): Promise<void> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    await this.agent.symlink(guest, targetOf(row, query), target, overwrite ?? false);
  }

  /** Resolves to how many entries were changed. */
  async change(idOrName: string, query: PlaceQuery, request: AttributesRequest): Promise<number> {
    const { mode, owner, group, recursive } = request;
    if (mode === undefined && owner === undefined && group === undefined)
      throw badRequest('nothing to change: give mode, owner or group');
    const { row, guest } = await this.sandboxes.running(idOrName);
    return this.agent.change(guest, targetOf(row, query), { mode, owner, group, recursive });
  }

  async move(idOrName: string, query: PlaceQuery, request: ToRequest): Promise<void> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    await this.agent.move(guest, targetOf(row, query), destinationOf(row, request), request.overwrite ?? false);
  }

  async copy(idOrName: string, query: PlaceQuery, request: ToRequest): Promise<void> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    await this.agent.copy(guest, targetOf(row, query), destinationOf(row, request), request.overwrite ?? false);
  }
}
