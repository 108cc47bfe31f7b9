import type { Duplex } from 'node:stream';
import type { EngineDescription } from './types.js';

/** The engine as a whole, and what all sandboxes on it share. */
export abstract class EngineHost {
  /** Answers within a short deadline of its own, whatever else the engine is doing; throws `unavailable`. */
  abstract ping(signal?: AbortSignal): Promise<void>;
  abstract describe(signal?: AbortSignal): Promise<EngineDescription>;
  /** Makes this instance's own bridge network (no talk between containers) if it is not there. Cheap when it is. */
  abstract ensureNetwork(signal?: AbortSignal): Promise<void>;
  /**
   * Makes sure that a volume holds just this binary as `bin/agent`, executable, and an empty `run/` to mount in, and returns its name. Idempotent, safe
   * against a crash in mid-fill and against two services doing it at once. Should somebody remove the volume later on,
   * starting a container that was created with it fills it again.
   */
  abstract ensureAgentVolume(binary: Buffer, signal?: AbortSignal): Promise<string>;
  /** Removes agent volumes of other binaries that no container mounts; their names. This one is kept. */
  abstract removeOtherAgentVolumes(kept: string, signal?: AbortSignal): Promise<string[]>;
  /** Id of a tiny image of our own (no content that matters), to run the agent in where no other image is known. */
  abstract ensureTinyImage(signal?: AbortSignal): Promise<string>;
  /**
   * Runs a program in a running container as root, with this environment on top of the container's own (an
   * undefined value removes one), and returns its stdin/stdout as one byte stream with backpressure both ways.
   * Destroying the stream ends the program's input; so does the end of its writable side. The stream ends with the
   * program. `no_such_container`; `conflict` when it is not running. The signal gives up the opening alone.
   */
  abstract openExec(
    container: string,
    command: string[],
    env: Record<string, string | undefined>,
    signal?: AbortSignal,
  ): Promise<Duplex>;
}
