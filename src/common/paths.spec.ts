import { absolute } from './paths.js';

it.each([
  ['/work', undefined, '/work'],
  ['/work', '/etc/x', '/etc/x'],
  ['/work', 'a b', '/work/a b'],
  ['/', 'a', '/a'],
  ['/work/', 'a', '/work/a'],
  ['/work', '../x', '/work/../x'],
  ['/work', '~', '/work/~'],
  ['/work', '-rf', '/work/-rf'],
  ['/work', '', '/work/'],
])('a path in %s, asked for as %j, is %s', (workingDir, path, wanted) => {
  expect(absolute(workingDir, path)).toBe(wanted);
});
