import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { newId, newSecret } from '../../../src/common/ids.js';
import { readConfig, type Config } from '../../../src/config/config.js';
import { readAgentBinary } from '../../../src/guest/agent-binary.js';
import { AgentCommands, type Running } from '../../../src/guest/agent-commands.js';
import { agentContainer } from '../../../src/guest/agent-container.js';
import { AgentFiles } from '../../../src/guest/agent-files.js';
import type { CommandStream } from '../../../src/guest/command-stream.js';
import { encodeSpec } from '../../../src/guest/encoded-spec.js';
import type { Guest } from '../../../src/guest/guest.js';
import { FileStreams } from '../../../src/guest/file-streams.js';
import { FileWatch } from '../../../src/guest/file-watch.js';
import { Guests } from '../../../src/guest/guests.js';
import { RunFolder } from '../../../src/guest/run-folder.js';
import type { Session } from '../../../src/guest/session.js';
import type { CommandEnd, CommandSpec, GuestAddress, Transport } from '../../../src/guest/types.js';
import { recordsOf } from '../../../src/commands/output/records.js';
import { BUSYBOX, cleanUp, openSide, rawDocker, testHost, type Side } from '../engine/support.js';

export { BUSYBOX };
export const SCRATCH = 'atoll-test/scratch:1';
export const TRANSPORTS: Transport[] = ['socket', 'exec'];
export const CALL_TIMEOUT_MS = 3000;
export const OPEN_TIMEOUT_MS = 5000;
export const MB = 1024 * 1024;

/** A sandbox that runs, as the guest room sees it. */
export interface Box {
  address: GuestAddress;
  guest: Guest;
}

/** What a command of these tests has besides its arguments. */
export type RunOptions = Partial<Omit<CommandSpec, 'id' | 'argv'>>;

/** The guest room on a real engine, with the real agent. */
export class GuestSide {
  readonly raw = rawDocker();

  readonly commands: AgentCommands;
  readonly files: AgentFiles;
  readonly streams: FileStreams;
  readonly watches: FileWatch;
  readonly guests: Guests;

  private constructor(
    private readonly side: Side,
    private readonly volume: string,
    private readonly config: Config,
  ) {
    this.guests = new Guests(config, side.host);
    this.commands = new AgentCommands(config);
    this.files = new AgentFiles(config);
    this.streams = new FileStreams(config);
    this.watches = new FileWatch(config);
  }

  static async open(): Promise<GuestSide> {
    testHost();
    const side = await openSide();
    const dataDir = await mkdtemp(join(tmpdir(), 'atoll-'));
    const config = readConfig({
      ATOLL_API_KEY: 'a-key-for-tests-only',
      ATOLL_DATA_DIR: dataDir,
      ATOLL_AGENT_CALL_TIMEOUT: String(CALL_TIMEOUT_MS),
      ATOLL_AGENT_OPEN_TIMEOUT: String(OPEN_TIMEOUT_MS),
    });
    const { architecture } = await side.host.describe();
    const [volume] = await Promise.all([
      side.host.ensureAgentVolume(await readAgentBinary(architecture)),
      side.host.ensureNetwork(),
    ]);
    return new GuestSide(side, volume, config);
  }

  /** A sandbox of this image whose session is open. `readOnly`: with a root that cannot be written, and a tmpfs on /tmp. */
  async box(transport: Transport, image = BUSYBOX, readOnly = false): Promise<Box> {
    const sandboxId = newId('sb');
    const address = { sandboxId, containerName: `atoll-${sandboxId}`, secret: newSecret(), transport };
    const { id, config } = (await this.side.images.inspect(image))!;
    const runFolder = await this.guests.open(address);
    await this.side.containers.create(
      agentContainer(address, {
        image: { id, envNames: config.env.map((line) => line.split('=', 1)[0]) },
        agentVolume: this.volume,
        runFolder,
        limits: { memoryBytes: 256 * MB, cpus: 1, pids: 200, openFiles: 4096, coreBytes: 0 },
        ports: [],
        labels: {},
        hostname: 'box',
        settings: { ATOLL_STOP_GRACE: '200' },
      }),
    );
    if (readOnly) await this.makeReadOnly(address.containerName);
    await this.side.containers.start(address.containerName);
    const guest = this.guests.get(sandboxId);
    await guest.session();
    return { address, guest };
  }

  /** The same container again, with more in its HostConfig: what the service itself never asks for. */
  private async makeReadOnly(name: string): Promise<void> {
    const made = await this.raw.getContainer(name).inspect();
    await this.raw.getContainer(name).remove();
    const HostConfig = { ...made.HostConfig, ReadonlyRootfs: true, Tmpfs: { '/tmp': 'mode=1777,size=64m' } };
    await this.raw.createContainer({ ...made.Config, name, HostConfig });
  }

  /** Stops its container and starts it again, as SandboxRunner does. */
  async restart({ address }: Box): Promise<Guest> {
    await this.side.containers.stop(address.containerName, 3);
    await this.guests.end(address.sandboxId);
    await this.guests.open(address);
    await this.side.containers.start(address.containerName);
    const guest = this.guests.get(address.sandboxId);
    await guest.session();
    return guest;
  }

  /** As if the service had been killed, which clears nothing away, and another one had come. */
  async rejoin({ address }: Box): Promise<Guest> {
    const cleared = vi.spyOn(RunFolder.prototype, 'remove').mockResolvedValue();
    await this.guests.end(address.sandboxId);
    cleared.mockRestore();
    await this.guests.open(address);
    return this.guests.get(address.sandboxId);
  }

  async start({ guest }: Box, argv: string[], options: RunOptions = {}): Promise<Running & { id: string }> {
    const id = newId('cmd');
    const spec = encodeSpec({ id, argv, cwd: '/', user: '', env: {}, ...options });
    return { ...(await this.commands.start(guest, spec)), id };
  }

  /** Starts a command, waits for its end, and forgets it. */
  async run(box: Box, argv: string[], options: RunOptions = {}): Promise<Output> {
    const { stream } = await this.start(box, argv, options);
    const output = await takeIn(stream);
    stream.release();
    return output;
  }

  async shell(box: Box, script: string, options: RunOptions = {}): Promise<string> {
    const { stdout, stderr, end } = await this.run(box, ['/bin/sh', '-c', script], options);
    if (end.exitCode !== 0) throw new Error(`${script}: ${end.exitCode}: ${stdout}${stderr}`);
    return stdout;
  }

  container({ address }: Box) {
    return this.raw.getContainer(address.containerName);
  }

  /** Command lines of all processes in it. */
  async processes(box: Box): Promise<string[]> {
    const top = (await this.container(box).top({ ps_args: '-eo pid,args' })) as { Processes: string[][] };
    return top.Processes.map(([, args]) => args);
  }

  async close(): Promise<void> {
    await cleanUp(this.raw, [this.side.instance]);
    await this.side.close();
    await rm(this.config.dataDir, { recursive: true, force: true });
  }
}

export interface Output {
  stdout: string;
  stderr: string;
  /** Where the log ended. */
  position: number;
  end: CommandEnd;
}

/** Reads and acknowledges all that comes, to the end. */
export async function takeIn(stream: CommandStream): Promise<Output> {
  const [stdout, stderr]: Buffer[][] = [[], []];
  let position = 0;
  for await (const event of stream.events()) {
    if (event.type === 'end')
      return {
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
        position,
        end: event,
      };
    for (const { stream: name, data } of recordsOf(event.records))
      (name === 'stdout' ? stdout : stderr).push(Buffer.from(data)); // good until the next event only
    position = event.position + event.records.length;
    stream.acknowledge(position);
  }
  throw new Error('unreachable: events() ends with an end or throws');
}

/** Breaks the connection under a session. Resolves when that is known here. */
export async function sever(session: Session): Promise<void> {
  (session as unknown as { stream: Duplex }).stream.destroy();
  await session.closed;
}

/** The code of a failure, and how long it took. */
export async function failure(work: Promise<unknown>): Promise<{ code: string; ms: number; error: unknown }> {
  const from = performance.now();
  const error: unknown = await work.then(
    () => ({ code: 'fine' }),
    (e: unknown) => e,
  );
  return { code: (error as { code: string }).code, ms: performance.now() - from, error };
}

export const file = (path: string, user = '') => ({ path: Buffer.from(path), user });
