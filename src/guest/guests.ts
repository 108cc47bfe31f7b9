import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Subject } from 'rxjs';
import { Config } from '../config/config.js';
import { EngineHost } from '../engine/engine-host.js';
import type { HostFolder } from '../engine/types.js';
import { RUN_PATH } from './agent-layout.js';
import { ExecConnector } from './exec-connector.js';
import { Guest, GuestEnded, type GuestObserver } from './guest.js';
import { RunFolder } from './run-folder.js';
import { SocketConnector } from './socket-connector.js';
import type { GuestAddress } from './types.js';

/** All sandboxes that this service speaks to. */
@Injectable()
export class Guests implements GuestObserver, OnApplicationShutdown {
  /** A sandbox's connection broke and nobody asked for it: it may have died. */
  readonly lostGuests = new Subject<GuestAddress>();
  private readonly guests = new Map<string, Guest>();

  constructor(
    private readonly config: Config,
    private readonly engine: EngineHost,
  ) {}

  /** Makes a guest and gets ready for its agent. Returns the folder to mount, where the transport needs one. */
  async open(address: GuestAddress): Promise<HostFolder | undefined> {
    await this.end(address.sandboxId);
    const guest = new Guest(address, this.connectorFor(address), this, this.config.agent.openTimeoutMs);
    this.guests.set(address.sandboxId, guest);
    try {
      await guest.prepare();
    } catch (error) {
      await this.end(address.sandboxId); // half ready is worse than not there: it would never be made ready again
      throw error;
    }
    if (address.transport === 'exec') return undefined;
    return { hostPath: new RunFolder(this.config.dataDir, address.sandboxId).path, containerPath: RUN_PATH };
  }

  find(sandboxId: string): Guest | undefined {
    return this.guests.get(sandboxId);
  }

  /** Throws GuestEnded (409) where the sandbox is not running. */
  get(sandboxId: string): Guest {
    const guest = this.guests.get(sandboxId);
    if (!guest) throw new GuestEnded();
    return guest;
  }

  /** The sandbox has ended. Resolves when all that it still said has been taken in. */
  async end(sandboxId: string): Promise<void> {
    const guest = this.guests.get(sandboxId);
    if (!guest) return;
    this.guests.delete(sandboxId);
    await guest.end();
  }

  /** The sandbox is deleted: nothing of its channel stays. */
  async discard(sandboxId: string): Promise<void> {
    await this.end(sandboxId);
    await new RunFolder(this.config.dataDir, sandboxId).remove();
  }

  lost(guest: Guest): void {
    this.lostGuests.next(guest.address);
  }

  /** The service goes; sandboxes and their commands stay, and are found again. */
  onApplicationShutdown(): void {
    this.lostGuests.complete();
  }

  private connectorFor(address: GuestAddress) {
    const { sandboxId, secret, transport, containerName } = address;
    const proof = { sandboxId, secret, transport };
    if (transport === 'exec') return new ExecConnector(this.engine, containerName, proof);
    return new SocketConnector(new RunFolder(this.config.dataDir, sandboxId), proof);
  }
}
