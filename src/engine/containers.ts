import type { ContainerEvent, ContainerInfo, ContainerSpec, ContainerSummary } from './types.js';

/**
 * The life of containers. Only containers with this instance's labels exist here: others are neither listed nor
 * touched, whatever name is asked for. Every method throws EngineError and can be given up by its signal.
 */
export abstract class Containers {
  /**
   * Creates, does not start. `no_such_image`, `invalid`, `unsupported` (a limit of the disk), `conflict` (the name is taken). After `unavailable`, `timeout`
   * or `aborted` nobody knows whether it was made: `remove` it, and again later, for the engine may still be at it.
   */
  abstract create(spec: ContainerSpec, signal?: AbortSignal): Promise<void>;
  /** Starting a running one is fine. `no_such_container`, `invalid`. */
  abstract start(name: string, signal?: AbortSignal): Promise<void>;
  /** TERM to PID 1, KILL after the grace. Stopping a stopped one is fine; a paused one is thawed first. */
  abstract stop(name: string, graceSeconds: number, signal?: AbortSignal): Promise<void>;
  /** `conflict` when it is paused already or not running. */
  abstract pause(name: string, signal?: AbortSignal): Promise<void>;
  /** `conflict` when it is not paused. */
  abstract unpause(name: string, signal?: AbortSignal): Promise<void>;
  /** By force, with its anonymous volumes, done when this returns. One that is not there is fine. */
  abstract remove(name: string, signal?: AbortSignal): Promise<void>;
  abstract inspect(name: string, signal?: AbortSignal): Promise<ContainerInfo | undefined>;
  /** What `create` was given as PID 1's environment. */
  abstract environment(name: string, signal?: AbortSignal): Promise<Record<string, string> | undefined>;
  /**
   * Bytes in its writable layer. The engine counts file by file, and goes on when nobody waits any more. `no_such_container`.
   */
  abstract diskUsage(name: string, signal?: AbortSignal): Promise<number>;
  /** All of this instance, in whatever status. */
  abstract list(signal?: AbortSignal): Promise<ContainerSummary[]>;
  /**
   * Subscribes to this instance's events. Once this has resolved, none is missed: list after it, then iterate (once).
   * The iteration ends when the signal fires and throws `unavailable` when the stream breaks; to subscribe again is the
   * caller's.
   */
  abstract events(signal: AbortSignal): Promise<AsyncIterable<ContainerEvent>>;
}
