import fc from 'fast-check';
import { IMAGE, type Answer, type Service } from './service.js';
import type { EngineContainer } from './engine-view.js';

/** What a sandbox should be, from the calls that were made on it alone. */
export interface Slot {
  state: 'running' | 'paused' | 'stopped' | 'gone';
  id: string;
  name: string;
  ports: string[];
  timeoutS: number;
  /** Its expiration is then, within a second. */
  expiresAt: number;
  files: Map<string, string>;
  /** Commands and the state that each should be in. */
  commands: Map<string, 'running' | 'exited' | 'killed'>;
}

/** One call of a random walk. */
export interface Step {
  call: CallName;
  slot: number;
  byName: boolean;
  value: number;
}

/** A row of sandboxes that one walk has for itself; other walks go on beside it. */
export interface Lane {
  service: Service;
  label: string;
  slots: Slot[];
}

type Call = (lane: Lane, slot: Slot, step: Step) => Promise<void>;

const FILES = 4;
const CLOCK_MS = 1500;

export const newSlot = (): Slot => ({
  state: 'gone',
  id: 'sb_000000000000',
  name: 'never-was',
  ports: [],
  timeoutS: 900,
  expiresAt: 0,
  files: new Map(),
  commands: new Map(),
});

const base = (slot: Slot, { byName }: Step) => `/v1/sandboxes/${byName ? slot.name : slot.id}`;
const isUp = ({ state }: Slot) => state === 'running' || state === 'paused';

/** The status code that a call needs in this state: 404 when it is gone, `refused` where the state forbids it. */
function expectStatus(answer: Answer, slot: Slot, allowed: Slot['state'][]): boolean {
  if (slot.state === 'gone') {
    expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    return false;
  }
  if (!allowed.includes(slot.state)) {
    expect(answer).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(answer.body.message).toContain(slot.state);
    return false;
  }
  expect(answer).toMatchObject({ status: 200 });
  return true;
}

/** start, stop and their like: where it is allowed it leads to a state, and says so. */
const transition =
  (call: string, from: Slot['state'][], to: Slot['state'], word: string): Call =>
  async ({ service }, slot, step) => {
    const begun = Date.now();
    const answer = await service.post(`${base(slot, step)}/${call}`);
    if (!expectStatus(answer, slot, from)) return;
    expect(answer.body.status).toBe(word);
    // Whatever stops, restarts included, takes the commands with it.
    if (call === 'stop' || call === 'restart') ends(slot);
    if (call === 'start' || call === 'restart') {
      expect(answer.body.ports).toEqual(slot.ports);
      freshExpiry(slot, begun, answer.body.expires_at);
    }
    slot.state = to;
  };

function ends(slot: Slot): void {
  for (const [id, state] of slot.commands) if (state === 'running') slot.commands.set(id, 'killed');
}

function freshExpiry(slot: Slot, begun: number, said: string): void {
  slot.expiresAt = Date.parse(said);
  expect(slot.expiresAt).toBeGreaterThanOrEqual(begun + slot.timeoutS * 1000);
  expect(slot.expiresAt).toBeLessThan(Date.now() + slot.timeoutS * 1000 + CLOCK_MS);
}

const filePath = (slot: Slot, step: Step) => {
  const path = `/root/dir ${step.value % 2}/file ${step.value % FILES}`;
  return { path, url: `${base(slot, step)}/files?path=${encodeURIComponent(path)}` };
};

const CALLS = {
  create: async ({ service, label }, slot, { value }) => {
    const [ports, timeout] = [[[], ['3000'], ['80', '53/udp']][value % 3], 600 + (value % 600)];
    const begun = Date.now();
    const request = { image: IMAGE, ports, timeout, labels: { lane: label }, resources: { memory: 64 } };
    const { status, body } = await service.post('/v1/sandboxes', request);
    expect({ status, body }).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^sb_/) } });
    Object.assign(slot, newSlot(), { id: body.id, name: body.name, ports: body.ports, state: 'running' });
    slot.timeoutS = timeout;
    const detail = await service.get(`/v1/sandboxes/${body.id}`);
    freshExpiry(slot, begun, detail.body.expires_at);
  },
  start: transition('start', ['stopped'], 'running', 'started'),
  stop: transition('stop', ['running', 'paused'], 'stopped', 'stopped'),
  restart: transition('restart', ['running', 'paused', 'stopped'], 'running', 'restarted'),
  pause: transition('pause', ['running'], 'paused', 'paused'),
  resume: transition('resume', ['paused'], 'running', 'resumed'),
  delete: async ({ service }, slot, step) => {
    expect((await service.delete(base(slot, step))).status).toBe(204);
    slot.state = 'gone';
  },
  renew: async ({ service }, slot, step) => {
    const timeout = 1000 + step.value;
    const begun = Date.now();
    const answer = await service.post(`${base(slot, step)}/renew-expiration`, { timeout });
    if (!expectStatus(answer, slot, ['running', 'paused'])) return;
    expect(answer.body).toMatchObject({ status: 'renewed', timeout });
    slot.timeoutS = timeout;
    freshExpiry(slot, begun, answer.body.expires_at);
  },
  inspect: async ({ service }, slot, step) => {
    const answer = await service.get(base(slot, step));
    if (!expectStatus(answer, slot, ['running', 'paused', 'stopped'])) return;
    const { id, name, state, ports } = slot;
    expect(answer.body).toMatchObject({ id, name, ports, status: state, running: state === 'running' });
    expect(answer.body.expires_at).toBe(isUp(slot) ? new Date(slot.expiresAt).toISOString() : undefined);
    expect(answer.body.end_reason).toBe(isUp(slot) ? undefined : 'user');
    if (isUp(slot)) expect(answer.body.finished_at).toBeNull();
    else expect(Date.parse(answer.body.finished_at)).toBeLessThan(Date.now() + CLOCK_MS);
  },
  list: async ({ service, label, slots }, _slot, { value }) => {
    const wanted = (['running', 'paused', 'stopped', undefined] as const)[value % 4];
    const { status, body } = await service.get(
      `/v1/sandboxes?label=lane=${label}${wanted ? `&state=${wanted}` : ''}&limit=50`,
    );
    expect(status).toBe(200);
    const seen = body.sandboxes.map(({ id, state }: Slot) => `${id} ${state}`);
    const there = slots.filter(({ state }) => (wanted ? state === wanted : state !== 'gone'));
    expect(seen.sort()).toEqual(there.map(({ id, state }) => `${id} ${state}`).sort());
  },
  network: async ({ service }, slot, step) => {
    const answer = await service.get(`${base(slot, step)}/network`);
    if (!expectStatus(answer, slot, ['running', 'paused', 'stopped'])) return;
    expect(answer.body.main_port).toBe(slot.ports[0] ?? '');
    expect(Object.keys(answer.body.ports_map).sort()).toEqual(isUp(slot) ? [...slot.ports].sort() : []);
  },
  stats: async ({ service }, slot, step) => {
    const answer = await service.get(`${base(slot, step)}/stats`);
    if (!expectStatus(answer, slot, ['running'])) return;
    expect(answer.body.memory.limit).toBe(64 * 1024 * 1024);
    const background = [...slot.commands.values()].filter((state) => state === 'running').length;
    expect(answer.body.pids).toBeGreaterThan(background);
  },
  exec: async ({ service }, slot, step) => {
    const code = step.value % 100;
    const request = { command: 'sh', args: ['-c', `exit ${code}`] };
    const answer = await service.post(`${base(slot, step)}/cmd?wait=true`, request);
    if (!expectStatus(answer, slot, ['running'])) return;
    const [, { command }] = answer.body;
    expect(command).toMatchObject({ state: 'exited', exit_code: code, sandbox_id: slot.id });
    slot.commands.set(command.id, 'exited');
  },
  spawn: async ({ service }, slot, step) => {
    const answer = await service.post(`${base(slot, step)}/cmd`, { command: 'sleep', args: ['10000'] });
    if (!expectStatus(answer, slot, ['running'])) return;
    expect(answer.body.command.state).toBe('running');
    slot.commands.set(answer.body.command.id, 'running');
  },
  /** Also of one that has stopped: its history stays. */
  commands: async ({ service }, slot, step) => {
    const answer = await service.get(`${base(slot, step)}/cmd`);
    if (!expectStatus(answer, slot, ['running', 'paused', 'stopped'])) return;
    const seen = answer.body.commands.map(({ id, state }: { id: string; state: string }) => `${id} ${state}`);
    expect(seen.sort()).toEqual([...slot.commands].map(([id, state]) => `${id} ${state}`).sort());
  },
  write: async ({ service }, slot, step) => {
    const [{ path, url }, content] = [filePath(slot, step), `content ${step.value}\n`];
    const answer = await service.put(url, { content });
    if (!expectStatus(answer, slot, ['running'])) return;
    expect(answer.body).toEqual({ path, status: 'written' });
    slot.files.set(path, content);
  },
  read: async ({ service }, slot, step) => {
    const { path, url } = filePath(slot, step);
    const answer = await service.get(url);
    const content = slot.files.get(path);
    if (slot.state === 'running' && content === undefined) expect(answer.status).toBe(404);
    else if (expectStatus(answer, slot, ['running'])) expect(answer.body).toEqual({ path, content });
  },
  unlink: async ({ service }, slot, step) => {
    const { path, url } = filePath(slot, step);
    const answer = await service.delete(url);
    if (slot.state !== 'running') expectStatus(answer, slot, ['running']);
    else expect(answer.status).toBe(slot.files.delete(path) ? 204 : 404);
  },
} satisfies Record<string, Call>;

export type CallName = keyof typeof CALLS;

/** How often each is drawn: what asks the engine costs a hundred times what the rest does. */
const WEIGHT: Record<CallName, number> = {
  create: 0, // see callAt
  start: 4,
  stop: 3,
  restart: 2,
  pause: 5,
  resume: 6,
  delete: 2,
  renew: 10,
  inspect: 14,
  list: 5,
  network: 6,
  stats: 4,
  exec: 7,
  spawn: 3,
  commands: 6,
  write: 8,
  read: 8,
  unlink: 4,
};

export const stepOf = (slots: number): fc.Arbitrary<Step> =>
  fc.record({
    call: fc.oneof(
      ...(Object.keys(WEIGHT) as CallName[]).map((call) => ({ weight: WEIGHT[call], arbitrary: fc.constant(call) })),
    ),
    slot: fc.nat(slots - 1),
    byName: fc.boolean(),
    value: fc.nat(1199),
  });

/** Most often one that is gone is made anew; one that is there can't be. */
const callAt = (slot: Slot, { call, value }: Step): CallName =>
  slot.state === 'gone' && value % 4 > 0 ? 'create' : call;

/** Returns which call it was, and in which state. */
export async function take(lane: Lane, step: Step): Promise<string> {
  const slot = lane.slots[step.slot];
  const call = callAt(slot, step);
  const kind = `${call} ${slot.state}`;
  await CALLS[call](lane, slot, step);
  return kind;
}

/** The engine's own word on every sandbox of the lane. */
export function compare({ slots }: Lane, containers: EngineContainer[]): void {
  const byId = new Map(containers.map((container) => [container.sandboxId, container]));
  const real = slots.map(({ id }) => byId.get(id)?.state ?? 'gone');
  expect(real).toEqual(slots.map(({ state }) => (state === 'stopped' ? 'exited' : state)));
  for (const slot of slots.filter(isUp))
    expect(Object.keys(byId.get(slot.id)!.ports).sort()).toEqual([...slot.ports].sort());
}
