import { parseArgs } from 'node:util';
import { CASES, type Case } from './cases.js';

export const USAGE = `test/bench/run [OPTION…]      (or: npm run bench -- [OPTION…])

Atoll beside the raw engine, in one run. Starts an engine of its own, which needs root, and stops it at the end.
  --iterations N        rounds of the quick cases; the slow ones take a part of it (default 200)
  --burst N             calls of one side in a row before the other's turn (default 1)
  --only CASE,…         ${CASES.map((one) => one.key).join(', ')}
  --transport NAME      socket, exec or both (default)
  --plain               beside it a raw container without limits on the engine's default network
  --out FILE            the numbers as JSON, samples and all (default .cache/bench.json)
  --profile DIR         leaves CPU profiles of the service there; the numbers are then worth little`;

export interface Options {
  iterations: number;
  burst: number;
  cases: Case[];
  transports: ('socket' | 'exec')[];
  plain: boolean;
  out: string;
  profile?: string;
}

/** Throws an Error with a sentence for whoever typed it. */
export function optionsOf(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      iterations: { type: 'string', default: '200' },
      burst: { type: 'string', default: '1' },
      only: { type: 'string', default: CASES.map((one) => one.key).join(',') },
      transport: { type: 'string', default: 'both' },
      plain: { type: 'boolean', default: false },
      out: { type: 'string', default: '.cache/bench.json' },
      profile: { type: 'string' },
    },
  });
  return {
    iterations: countOf('iterations', values.iterations),
    burst: countOf('burst', values.burst),
    cases: values.only.split(',').map(caseOf),
    transports: transportsOf(values.transport),
    plain: values.plain,
    out: values.out,
    profile: values.profile,
  };
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${option} wants a whole number`);
  return count;
}

function caseOf(key: string): Case {
  const found = CASES.find((one) => one.key === key);
  if (!found) throw new Error(`--only: there is no case "${key}"`);
  return found;
}

function transportsOf(word: string): ('socket' | 'exec')[] {
  if (word === 'both') return ['socket', 'exec'];
  if (word === 'socket' || word === 'exec') return [word];
  throw new Error('--transport is socket, exec or both');
}
