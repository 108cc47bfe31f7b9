import { eventually, type Answer, type Sandbox, type Service } from './service.js';

/** Looked at every 2 s. */
const TOLD_MS = 30_000;
const COUNT = 3000;
/** A command that goes on for about four seconds, and says something all the time. */
export const TALK = `i=0; while [ $i -lt ${COUNT} ]; do echo "line $i of a command that talks on"; i=$((i+1)); [ $((i % 75)) = 0 ] && sleep 0.1; done; exit 7`;
const SAID = Array.from({ length: COUNT }, (_, i) => `line ${i} of a command that talks on\n`).join('');

/** Waits for an answer of readiness; with a part, for that to be told. */
export const readyIs = (service: Service, status: number, part?: string, within = TOLD_MS): Promise<Answer> =>
  eventually(
    () => service.get('/v1/health/ready'),
    (answer) => answer.status === status && (!part || answer.body.parts[part].status !== 'up'),
    within,
  );
/** Waits for a line with these words; how many there are. */
export const logSays = (service: Service, words: string): Promise<number> =>
  eventually(
    async () =>
      service
        .logs()
        .split('\n')
        .filter((line) => line.includes(words)).length,
    (lines) => lines > 0,
    TOLD_MS,
  );

/** It talked through the trouble, and all that it said is there. */
export async function expectWhole(service: Service, sandbox: Sandbox, id: string): Promise<void> {
  const path = `${sandbox.path}/cmd/${id}`;
  await eventually(
    () => service.get(path),
    ({ status, body }) => status === 200 && body.command.state === 'exited',
    30_000,
  );
  const { body } = await service.get(`${path}/logs`);
  expect(body.exit_code).toBe(7);
  expect(body.stdout === SAID).toBe(true);
}
