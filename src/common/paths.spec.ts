import { absolute } from './paths.js';

it.each([
  ['/app', undefined, '/app'],
  ['/app', '/etc/x', '/etc/x'],
  ['/app', 'a b', '/app/a b'],
  ['/', 'a', '/a'],
  ['/app/', 'a', '/app/a'],
  ['/app', '../x', '/app/../x'],
  ['/app', '~', '/app/~'],
  ['/app', '-rf', '/app/-rf'],
  ['/app', '', '/app/'],
])('a path in %s, asked for as %j, is %s', (workingDir, path, wanted) => {
  expect(absolute(workingDir, path)).toBe(wanted);
});
