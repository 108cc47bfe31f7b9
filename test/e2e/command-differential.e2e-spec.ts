import fc from 'fast-check';
import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { bytesOf, Lines } from './support/lines.js';
import { Service, type Sandbox } from './support/service.js';

/** The long form: test/soak/README.md. */
const PROGRAMS = Number(process.env.ATOLL_TEST_PROGRAMS ?? 500);
const AT_ONCE = 10;

/** One thing that a program does. */
type Step = { write: number[]; to: 1 | 2; times: number } | { pause: number };
interface Program {
  steps: Step[];
  end: { exit: number } | { signal: number };
}

const program: fc.Arbitrary<Program> = fc.record({
  steps: fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          write: fc.oneof(
            fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 40 }),
            fc.constantFrom('line\n', 'a\r\nb', '€', '😀\n', '\n\n').map((text) => [...Buffer.from(text)]),
            fc.constantFrom<number[]>([0xe2], [0x82, 0xac], [0xf0, 0x9f], [0xff]),
          ),
          to: fc.constantFrom<1 | 2>(1, 2),
          times: fc.oneof(fc.constant(1), fc.constant(1), fc.integer({ min: 2, max: 3000 })),
        }),
      },
      { weight: 1, arbitrary: fc.record({ pause: fc.integer({ min: 1, max: 150 }) }) },
    ),
    { maxLength: 12 },
  ),
  end: fc.oneof(
    fc.record({ exit: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ signal: fc.constantFrom(1, 2, 6, 9, 15) }),
  ),
});

/** As a line for any POSIX shell. */
function script({ steps, end }: Program): string {
  const lines = steps.map((step) => {
    if ('pause' in step) return `sleep ${step.pause / 1000}`;
    const print = `printf '${step.write.map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}' >&${step.to}`;
    return step.times === 1 ? print : `i=0; while [ $i -lt ${step.times} ]; do ${print}; i=$((i+1)); done`;
  });
  return [...lines, 'exit' in end ? `exit ${end.exit}` : `kill -${end.signal} $$; sleep 9`].join('\n');
}

interface Outcome {
  stdout: Buffer;
  stderr: Buffer;
  code: number;
}

async function directly(text: string): Promise<Outcome> {
  const child = spawn('/bin/sh', ['-c', text], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } });
  const ended = new Promise<number>((resolve) =>
    child.on('exit', (code, signal) => resolve(code ?? 128 + SIGNALS[signal as keyof typeof SIGNALS])),
  );
  const [stdout, stderr, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended]);
  return { stdout, stderr, code };
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGTERM: 15 };

async function throughAtoll({ service, path }: Sandbox, text: string): Promise<Outcome & { logs: Outcome }> {
  const lines = await Lines.open(service, `${path}/cmd?wait=true&logs=true&encoding=base64`, {
    method: 'POST',
    body: { command: 'sh', args: ['-c', text] },
  });
  const all = await lines.all();
  const { id, exit_code: code } = all.at(-1).command;
  const { body } = await service.get(`${path}/cmd/${id}/logs?encoding=base64`);
  const logs = {
    stdout: Buffer.from(body.stdout, 'base64'),
    stderr: Buffer.from(body.stderr, 'base64'),
    code: body.exit_code,
  };
  return { stdout: bytesOf(all, 'stdout'), stderr: bytesOf(all, 'stderr'), code, logs };
}

const SEED = Number(process.env.ATOLL_TEST_SEED ?? 20_261_123);

it(`${PROGRAMS} random programs say and end the same through Atoll as directly`, async () => {
  const service = await Service.start();
  const sandbox = await service.sandbox({ resources: { cpus: 2 } });
  const programs = fc.sample(program, { numRuns: PROGRAMS, seed: SEED }).map(script);
  try {
    for (let at = 0; at < PROGRAMS; at += AT_ONCE) {
      await Promise.all(
        programs.slice(at, at + AT_ONCE).map(async (text) => {
          const [{ logs, ...atoll }, direct] = await Promise.all([throughAtoll(sandbox, text), directly(text)]);
          expect({ text, ...atoll }).toEqual({ text, ...direct });
          expect({ text, ...logs }).toEqual({ text, ...direct });
        }),
      );
    }
  } finally {
    await service.stop();
  }
}, 3_600_000);
