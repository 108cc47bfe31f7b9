import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HttpClient } from '../bench/http-client.js';
import { ServiceProcess } from '../bench/service-process.js';
import { plotOf } from './plot.js';
import { Readings, type Reading } from './readings.js';
import { verdictsOf } from './verdict.js';
import { Worker } from './worker.js';

const USAGE = `test/soak/run [OPTION…]

Creates, runs, writes, reads, stops and deletes for minutes, and fails when a call fails or anything grows.
  --minutes N           how long (default 10)
  --workers N           clients at once (default 4)
  --transport NAME      socket (default) or exec
  --out DIR             report.md, readings.json and plot.svg (default .cache/soak)`;

interface Options {
  minutes: number;
  workers: number;
  transport: 'socket' | 'exec';
  out: string;
}

/** Runs inside the namespaces of the engine that \`run\` started. */
async function main(options: Options): Promise<boolean> {
  const socketPath = process.env.ATOLL_BENCH_DOCKER_SOCKET;
  if (!socketPath) throw new Error('start it by test/soak/run');
  const service = await ServiceProcess.start({ engine: `unix://${socketPath}`, transport: options.transport });
  const client = new HttpClient(
    { host: '127.0.0.1', port: service.port },
    { authorization: `Bearer ${service.apiKey}` },
  );
  const workers = Array.from({ length: options.workers }, () => new Worker(client));
  const readings: Reading[] = [];
  const errors: string[] = [];
  const until = Date.now() + options.minutes * 60_000;
  const looks = new Readings(service, new HttpClient({ socketPath }));
  try {
    const working = Promise.all(workers.map((worker) => work(worker, until, errors)));
    const every = Math.max(1000, (options.minutes * 60_000) / 200);
    while (Date.now() < until) {
      readings.push(await looks.take());
      await sleep(every);
    }
    await working;
    const left = await looks.take();
    if (left.containers + left.sandboxes + left.commands + left.folders > 0)
      errors.push(`something is left: ${JSON.stringify(left)}`);
  } finally {
    client.close();
    await service.stop();
  }
  return report(options, { readings, errors, workers });
}

/** An error is counted, and the worker goes on: what it left must not grow either. */
async function work(worker: Worker, until: number, errors: string[]): Promise<void> {
  while (Date.now() < until) await worker.round().catch((error: Error) => errors.push(error.message));
}

async function report(
  { minutes, transport, out }: Options,
  { readings, errors, workers }: { readings: Reading[]; errors: string[]; workers: Worker[] },
): Promise<boolean> {
  const verdicts = verdictsOf(readings);
  const calls = workers.reduce((all, one) => all + one.calls, 0);
  const rounds = workers.reduce((all, one) => all + one.rounds, 0);
  const title = `${minutes} min, ${workers.length} clients, ${transport}: ${rounds} sandboxes, ${calls} calls, ${errors.length} errors`;
  const rows = verdicts.map(
    ({ series, begin, end, flat }) => `| ${series} | ${begin} | ${end} | ${flat ? 'flat' : 'GROWS'} |`,
  );
  const table = ['| what | second quarter | last quarter | |', '| --- | ---: | ---: | --- |', ...rows].join('\n');
  const text = `# Soak of ${new Date().toISOString()}\n\n${title}\n\n${table}\n\n${errors.slice(0, 20).join('\n')}\n`;
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'report.md'), text);
  await writeFile(join(out, 'readings.json'), JSON.stringify(readings));
  await writeFile(join(out, 'plot.svg'), plotOf(readings, title));
  console.log(text);
  return errors.length === 0 && verdicts.every(({ flat }) => flat);
}

function optionsOf(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '10' },
      workers: { type: 'string', default: '4' },
      transport: { type: 'string', default: 'socket' },
      out: { type: 'string', default: '.cache/soak' },
    },
  });
  const { transport, out } = values;
  if (transport !== 'socket' && transport !== 'exec') throw new Error('--transport is socket or exec');
  return { minutes: positive('minutes', values.minutes), workers: positive('workers', values.workers), transport, out };
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${option} wants a number above 0`);
  return value;
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(USAGE);
} else {
  process.exitCode = (await main(optionsOf(args))) ? 0 : 1;
}
