import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './scratch.js';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'atoll-progress-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A script that has what every script of bin/ has. */
function run(script: string, env: Record<string, string> = {}, terminal = false) {
  const file = join(folder, 'script');
  writeFileSync(file, `set -euo pipefail\n. "${join(ROOT, 'bin/lib/common.sh')}"\n${script}\n`);
  const [command, ...args] = terminal ? ['script', '-qec', `bash ${file}`, '/dev/null'] : ['bash', file];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, TICK_SECONDS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { status, output: stdout + stderr };
}

describe('a step that takes long', () => {
  it('says that it is at it, and how long it took', () => {
    const { status, output } = run("long 'a build' sleep 3.5");
    expect(output).toMatch(/^· a build\n( {2}still at it: a build, \d+ s\n){2,} {2}(3\.[5-9]|[4-9]\.\d) s\n$/);
    expect(status).toBe(0);
  });

  it('says nothing more of one that is quick', () => {
    expect(run("long 'a build' true").output).toMatch(/^· a build\n {2}0\.\d s\n$/);
  });

  it('hands on how it went, and what it said', () => {
    expect(run("long 'a build' bash -c 'echo why >&2; exit 7' || echo code $?").output).toBe(
      '· a build\ncode 7\nwhy\n',
    );
    expect(run("long 'a build' die 'It did not work.' 'Do this.'; echo on").status).toBe(1);
  });

  it('leaves nothing that holds its caller’s output open when it is killed', () => {
    const begun = performance.now();
    run("(sleep 0.3; kill -KILL $$) & long 'a build' sleep 1", { TICK_SECONDS: '60' });
    expect(performance.now() - begun).toBeLessThan(4000);
  });

  it('counts in place on a terminal, in colours unless they are not wanted', () => {
    const onTerminal = (env: Record<string, string>) => run("long 'a build' sleep 3", env, true);
    const { output } = onTerminal({});
    expect(output).toContain('\r\u001b[K  \u001b[2m… 1 s');
    expect(output).not.toContain('still at it');
    expect(onTerminal({ NO_COLOR: '1' }).output).not.toContain('\u001b[2m');
  });
});
