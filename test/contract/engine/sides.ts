import type { EngineError } from '../../../src/engine/errors.js';
import type { ContainerSpec } from '../../../src/engine/types.js';
import { BUSYBOX, cleanUp, openSide, randomName, rawDocker, spec, type Side } from './support.js';

/** Two services of their own instances on one engine, for a file of tests; what they make goes with the last test. */
export function useSides() {
  const raw = rawDocker();
  const volume = randomName('atoll-test-volume');
  const there = {} as { side: Side; other: Side; image: string };

  beforeAll(async () => {
    [there.side, there.other] = await Promise.all([openSide(), openSide()]);
    there.image = (await there.side.images.inspect(BUSYBOX))!.id;
  });
  afterAll(async () => {
    await cleanUp(raw, [there.side.instance, there.other.instance], [volume]);
    await Promise.all([there.side.close(), there.other.close()]);
  });

  /** Creates a container that sleeps; its name. */
  const make = async (changes: Partial<ContainerSpec> = {}, on = there.side) => {
    const made = spec(there.image, volume, changes);
    await on.containers.create(made);
    return made.name;
  };
  const run = async (changes: Partial<ContainerSpec> = {}, on = there.side) => {
    const name = await make(changes, on);
    await on.containers.start(name);
    return name;
  };
  const kind = async (work: Promise<unknown>) =>
    work.then(
      () => 'fine',
      (error: EngineError) => error.kind,
    );
  const status = async (name: string) => (await there.side.containers.inspect(name))?.status;
  return { raw, volume, there, make, run, kind, status };
}
