import type { Generated } from 'kysely';
import type { Layout } from './codec.js';
import type { Command } from './command.types.js';
import type { IdempotencyEntry } from './idempotency.types.js';
import type { PulledImage } from './pulled-image.types.js';
import type { Sandbox } from './sandbox.types.js';

export const SANDBOX_LAYOUT = {
  id: 'plain',
  name: 'plain',
  owner: 'plain',
  createdAt: 'plain',
  image: 'plain',
  imageId: 'plain',
  status: 'plain',
  ports: 'json',
  portMap: 'json',
  memoryMb: 'plain',
  cpus: 'plain',
  pids: 'plain',
  diskMb: 'plain',
  timeoutS: 'plain',
  expiresAt: 'plain',
  startedAt: 'plain',
  finishedAt: 'plain',
  endReason: 'plain',
  exitCode: 'plain',
  guest: 'json',
  secret: 'plain',
  transport: 'plain',
  incarnation: 'plain',
  labels: 'json',
  claim: 'plain',
  claimUntil: 'plain',
} as const satisfies Layout<Sandbox>;

export const COMMAND_LAYOUT = {
  id: 'plain',
  sandboxId: 'plain',
  argv: 'json',
  cwd: 'plain',
  incarnation: 'plain',
  state: 'plain',
  pid: 'plain',
  startedAt: 'plain',
  finishedAt: 'plain',
  exitCode: 'plain',
  signal: 'plain',
  endReason: 'plain',
  message: 'plain',
  outputLength: 'plain',
  usage: 'json',
} as const satisfies Layout<Command>;

/** JSON is kept as text, which both databases give back as it was; the repositories parse it. */
type Columns<Entity, L extends Layout<Entity>> = {
  [Field in keyof Entity]: Field extends keyof L
    ? L[Field] extends 'json'
      ? string | Extract<Entity[Field], null>
      : Entity[Field]
    : Generated<Entity[Field]>;
};

export type SandboxesTable = Columns<Sandbox, typeof SANDBOX_LAYOUT>;
export type CommandsTable = Columns<Command, typeof COMMAND_LAYOUT>;

export interface MetaTable {
  key: string;
  value: string;
}

/** The tables as queries name them; the columns themselves are snake_case. */
export interface Tables {
  sandboxes: SandboxesTable;
  commands: CommandsTable;
  meta: MetaTable;
  idempotency: IdempotencyEntry;
  pulledImages: PulledImage;
}
