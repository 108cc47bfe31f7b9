import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './scratch.js';

describe('bin/release', () => {
  let clone: string;
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', clone, '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args], {
      encoding: 'utf8',
    }).trim();
  const release = (...args: string[]) => {
    const env = { ...process.env, GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x@example.org' };
    const { status, stdout, stderr } = spawnSync(join(clone, 'bin/release'), args, {
      encoding: 'utf8',
      env: { ...env, GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x@example.org' },
    });
    return { status, output: stdout + stderr };
  };
  const changelog = (text: string) => {
    writeFileSync(join(clone, 'CHANGELOG.md'), text);
    git('commit', '-qam', 'changelog');
  };

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'atoll-release-'));
    mkdirSync(join(clone, 'bin/lib'), { recursive: true });
    for (const path of ['bin/release', 'bin/lib/common.sh', 'package.json', 'package-lock.json'])
      cpSync(join(ROOT, path), join(clone, path));
    writeFileSync(join(clone, 'CHANGELOG.md'), '# Changelog\n\n## [7.1.0] unreleased\n\n### Added\n\n- Something.\n');
    execFileSync('git', ['init', '-q', '-b', 'main', clone]);
    git('add', '.');
    git('commit', '-qm', 'begin');
  });
  afterEach(() => rmSync(clone, { recursive: true, force: true }));

  it('writes the version, commits and tags', () => {
    expect(release('7.1.0')).toEqual({ status: 0, output: expect.stringContaining('v7.1.0') });
    for (const path of ['package.json', 'package-lock.json']) {
      const [now, before] = [clone, ROOT].map((root) => JSON.parse(readFileSync(join(root, path), 'utf8')));
      before.version = '7.1.0';
      if (before.packages) before.packages[''].version = '7.1.0';
      expect(now).toEqual(before);
    }
    expect(readFileSync(join(clone, 'CHANGELOG.md'), 'utf8')).toMatch(/^## \[7\.1\.0\] \d{4}-\d\d-\d\d$/m);
    expect(git('log', '-1', '--format=%s')).toBe('Release 7.1.0');
    expect(git('rev-parse', 'v7.1.0^{commit}')).toBe(git('rev-parse', 'HEAD'));
    expect(git('status', '--porcelain')).toBe('');
  });

  it('changes nothing when something is not as it should be', () => {
    const refused = (version: string, sentence: string) => {
      const before = git('rev-parse', 'HEAD');
      expect(release(version)).toEqual({ status: 1, output: expect.stringContaining(sentence) });
      expect([git('rev-parse', 'HEAD'), git('diff', '--stat', 'HEAD')]).toEqual([before, '']);
    };
    refused('v7.1', 'is no version');
    refused('7.2.0', 'has no section');
    changelog('# Changelog\n\n## [7.2.0] unreleased\n\n## [7.1.0] 2026-01-01\n\n- Something.\n');
    refused('7.2.0', 'has no entries');
    changelog('# Changelog\n\n## [7.2.0] unreleased\n\n- More.\n');
    git('tag', 'v7.10.0');
    refused('7.2.0', 'is lower than v7.10.0');
    git('tag', 'v7.2.0');
    refused('7.2.0', 'a tag v7.2.0 already');
    writeFileSync(join(clone, 'stray'), '');
    refused('7.3.0', 'not clean');
    rmSync(join(clone, 'stray'));
    git('switch', '-qc', 'other');
    refused('7.3.0', 'on main');
  });
});
