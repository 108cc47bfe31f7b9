import { Injectable } from '@nestjs/common';
import { conflict, notFound } from '../common/errors/atoll-error.js';
import { noteSandbox } from '../common/http/request-facts.js';
import type { Guest } from '../guest/guest.js';
import { Guests } from '../guest/guests.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import { isVisible } from './sandbox-view.js';

/** A sandbox in which things can be done now. */
export interface RunningSandbox {
  row: Sandbox;
  guest: Guest;
}

/** How other rooms get at a sandbox. */
@Injectable()
export class SandboxAccess {
  constructor(
    private readonly sandboxes: SandboxesRepository,
    private readonly guests: Guests,
  ) {}

  /** By id or name, in whatever state. 404 when there is none. */
  async get(idOrName: string): Promise<Sandbox> {
    const row = await this.sandboxes.find(idOrName);
    if (!row || !isVisible(row)) throw notFound(`no sandbox "${idOrName}"`);
    noteSandbox(row.id);
    return row;
  }

  /** 404 when there is none, 409 with its state when it is not running. */
  async running(idOrName: string): Promise<RunningSandbox> {
    const row = await this.get(idOrName);
    if (row.status !== 'running') throw conflict(`the sandbox "${row.name}" is ${row.status}`);
    return { row, guest: this.guests.get(row.id) };
  }
}
