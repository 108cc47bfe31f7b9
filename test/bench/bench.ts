import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { dirname } from 'node:path';
import { AtollSide } from './atoll-side.js';
import { HttpClient } from './http-client.js';
import { measure, type Result } from './measure.js';
import { type Options, optionsOf, USAGE } from './options.js';
import { RawSide } from './raw-side.js';
import { tableOf } from './report.js';
import type { Side } from './side.js';

/** Runs inside the namespaces of the engine that `run` started. */
async function main(args: string[]): Promise<void> {
  const options = optionsOf(args);
  const socket = process.env.ATOLL_BENCH_DOCKER_SOCKET;
  if (!socket) throw new Error('start it by test/bench/run');
  const sides = sidesOf(options, socket);
  const results: Result[] = [];
  try {
    for (const side of sides) await side.open();
    for (const one of options.cases) {
      console.error(`· ${one.title}`);
      results.push(await measure(one, sides, options));
    }
  } finally {
    await Promise.all(sides.map((side) => side.close()));
  }
  const machine = await machineOf(socket);
  await mkdir(dirname(options.out), { recursive: true });
  await writeFile(options.out, `${JSON.stringify({ ...machine, burst: options.burst, results }, undefined, 1)}\n`);
  console.log(`\n${machine.cpus} × ${machine.cpu}, Engine ${machine.engine}, Node ${machine.node}, ${machine.when}\n`);
  console.log(tableOf(results));
  console.log(`\nsamples: ${options.out}`);
}

/** The raw engine is the first: what the others are measured by. */
function sidesOf({ transports, plain, profile }: Options, socket: string): Side[] {
  return [
    new RawSide('raw', socket),
    ...(plain ? [new RawSide('raw, plain', socket, true)] : []),
    ...transports.map((transport) => new AtollSide(transport, `unix://${socket}`, profile)),
  ];
}

async function machineOf(socketPath: string) {
  const client = new HttpClient({ socketPath });
  const { Version: engine } = await client.json<{ Version: string }>({ method: 'GET', path: '/version' }, 200);
  client.close();
  const [{ model }] = cpus();
  const when = new Date().toISOString();
  return { when, cpus: cpus().length, cpu: model.trim(), kernel: release(), node: process.version, engine };
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(USAGE);
} else {
  try {
    await main(args);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
