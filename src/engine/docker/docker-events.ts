import type { IncomingMessage } from 'node:http';
import { EngineError } from '../errors.js';
import { LABEL } from '../labels.js';
import type { ContainerEvent } from '../types.js';
import type { DockerClient } from './docker-client.js';
import { toEngineError } from './docker-errors.js';

const TYPES = ['start', 'die', 'pause', 'unpause', 'destroy', 'oom'] as const satisfies ContainerEvent['type'][];

/** Far past any event: labels are short. */
const MAX_LINE = 1 << 20;

interface RawEvent {
  Action?: string;
  Actor?: { Attributes?: Record<string, string> };
  timeNano?: number;
  time?: number;
}

/** Subscribes; resolves once the engine has. The iteration ends at the signal and throws when the stream breaks. */
export async function subscribe(
  client: DockerClient,
  instance: string,
  signal: AbortSignal,
): Promise<AsyncIterable<ContainerEvent>> {
  const filters = { type: ['container'], event: [...TYPES], label: [`${LABEL.instance}=${instance}`] };
  const response = await client.call({ what: 'subscribe to events', signal }, async (docker, abortSignal) => {
    return (await docker.getEvents({ filters: filters as never, abortSignal })) as IncomingMessage;
  });
  // A host that vanished says nothing, and neither does an idle engine: let the kernel ask.
  response.socket.setKeepAlive(true, 30_000);
  const close = () => response.destroy();
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  response.once('close', () => signal.removeEventListener('abort', close));
  // A break that comes before anybody iterates would otherwise be lost, or end the process.
  let broken: unknown;
  response.once('error', (error) => (broken = error));
  return iterate(response, signal, () => broken);
}

/** One that has happened, by the engine's own word for it. */
export interface PastEvent {
  type: string;
  /** With `kill`. */
  signal?: string;
}

/** What the engine remembers of one container between two times (unix ms, by its clock): the last few hundred events of all are kept. */
export async function pastEvents(
  client: DockerClient,
  { id, since, until }: { id: string; since: number; until: number },
): Promise<PastEvent[]> {
  const events: PastEvent[] = [];
  await client.call({ what: 'tell what happened' }, async (docker, abortSignal) => {
    const [from, to] = [since / 1000, until / 1000];
    const filters = { container: [id] };
    const response = await docker.getEvents({ since: from, until: to, filters: filters as never, abortSignal });
    for await (const line of lines(response as IncomingMessage)) {
      if (line.trim() === '') continue;
      const raw = JSON.parse(line) as RawEvent;
      events.push({ type: raw.Action ?? '', signal: raw.Actor?.Attributes?.signal });
    }
  });
  return events;
}

async function* iterate(
  response: IncomingMessage,
  signal: AbortSignal,
  broken: () => unknown,
): AsyncGenerator<ContainerEvent, void, void> {
  let failure: unknown;
  try {
    for await (const line of lines(response)) {
      const event = parse(line);
      if (event) yield event;
      if (signal.aborted) return;
    }
    failure = broken();
  } catch (error) {
    failure = error;
  } finally {
    response.destroy();
  }
  if (signal.aborted) return;
  throw failure instanceof EngineError
    ? failure
    : failure === undefined
      ? new EngineError('unavailable', "The engine's stream of events has ended.")
      : toEngineError(failure, { what: 'send events' });
}

async function* lines(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > MAX_LINE) throw new EngineError('internal', 'The engine sent an event without an end.');
    yield* parts;
  }
}

function parse(line: string): ContainerEvent | undefined {
  if (line.trim() === '') return undefined;
  const raw = JSON.parse(line) as RawEvent;
  const type = TYPES.find((known) => known === raw.Action);
  const attributes = raw.Actor?.Attributes ?? {};
  if (!type || attributes.name === undefined) return undefined;
  return {
    name: attributes.name,
    // Labels and the engine's own facts come in one map.
    labels: Object.fromEntries(Object.entries(attributes).filter(([key]) => key.startsWith('dev.atoll.'))),
    type,
    ...(type === 'die' ? { exitCode: Number(attributes.exitCode ?? 0) } : {}),
    at: raw.timeNano === undefined ? (raw.time ?? 0) * 1000 : Math.floor(raw.timeNano / 1e6),
  };
}
