import type { Sandbox } from '../store/sandbox.types.js';
import { askedBytes, destinationOf, shown, shownTo, targetOf } from './places.js';

const sandbox = { guest: { workingDir: '/work', user: 'app' } } as Sandbox;
const base64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64');

it('a path is taken as it is, a relative one from the working directory', () => {
  expect(targetOf(sandbox, { path: '/a/../b' })).toEqual({ path: Buffer.from('/a/../b'), user: 'app' });
  expect(targetOf(sandbox, { path: 'é' })).toEqual({ path: Buffer.from('/work/é'), user: 'app' });
  expect(destinationOf(sandbox, { to: 'x' })).toEqual(Buffer.from('/work/x'));
});

it('a path may be any bytes, and a user another', () => {
  const path = targetOf(sandbox, { path_base64: base64('/\xff'), user: '0' });
  expect(path).toEqual({ path: Buffer.from('/\xff', 'latin1'), user: '0' });
  expect(targetOf(sandbox, { path_base64: base64('\xfe') }).path).toEqual(Buffer.from('/work/\xfe', 'latin1'));
  expect(askedBytes({ path_base64: base64('\xfe') })).toEqual(Buffer.from([0xfe]));
});

it.each([{}, { path: 'x', path_base64: 'eA==' }, { path_base64: '' }, { path_base64: base64('/a\0b') }])(
  '%j names no path, or two',
  (query) => {
    expect(() => targetOf(sandbox, query)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  },
);

it('an answer says the path as it was asked for', () => {
  expect(shown({ path: 'x/' })).toEqual({ path: 'x/' });
  expect(shown({ path_base64: base64('/\xff') })).toEqual({ path: '/\ufffd', path_base64: base64('/\xff') });
  expect(shownTo({ to: '/y' })).toEqual({ to: '/y', to_base64: undefined });
});
