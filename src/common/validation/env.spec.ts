import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { IsEnv, ToEnvRecord, toEnvRecord } from './env.js';

class Holder {
  @ToEnvRecord()
  @IsEnv()
  env: unknown;
}

function check(env: unknown): unknown {
  const holder = plainToInstance(Holder, { env });
  const [problem] = validateSync(holder);
  return problem ? problem.constraints : holder.env;
}

it('takes both ways of writing variables', () => {
  expect(check(['A=1', 'B=x=y', 'C='])).toEqual({ A: '1', B: 'x=y', C: '' });
  expect(check({ A: '1', 'odd name': 'a\nb' })).toEqual({ A: '1', 'odd name': 'a\nb' });
  expect(check([])).toEqual({});
  expect(check({})).toEqual({});
});

it('takes the last of two with one name', () => {
  expect(check(['A=1', 'A=2'])).toEqual({ A: '2' });
});

it('makes no prototype of a name', () => {
  const env = toEnvRecord(['__proto__=x', 'constructor=y']) as object;
  expect(Object.entries(env)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  expect(Object.getPrototypeOf(env)).toBe(Object.prototype);
});

it.each([
  ['a line without =', ['A']],
  ['a line without a name', ['=x']],
  ['a line that is no text', [1]],
  ['a list in a list', [['A=1']]],
  ['an empty name', { '': 'x' }],
  ['a name with =', { 'A=B': 'x' }],
  ['NUL in a name', { 'A\0': 'x' }],
  ['NUL in a value', ['A=x\0y']],
  ['a number as a value', { A: 1 }],
  ['null as a value', { A: null }],
  ['an object as a value', { A: {} }],
  ['text', 'A=1'],
  ['null', null],
  ['a number', 7],
])('refuses %s', (_what, env) => {
  expect(check(env)).toMatchObject({ isEnv: expect.stringContaining('env must be variables') });
});
