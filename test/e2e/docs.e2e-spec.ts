import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { documents, shellBlocks, type Block } from '../support/doc-blocks.js';
import { docker } from './support/docker.js';
import { engineHost, IMAGE } from './support/service.js';

const ROOT = resolve(import.meta.dirname, '../..');
const SESSION = resolve(import.meta.dirname, '../support/doc-session.sh');
const SESSION_MS = 90_000;

/** The image that the documents speak of. */
const NAMED = 'busybox:latest';

const isRun = ({ mark }: Block) => mark.how === 'run' || mark.how === 'answers' || mark.how === 'background';

/** README first: that is where a reader begins. */
const DOCUMENTS = documents().filter((document) => shellBlocks(document).some(isRun));

describe('the documents', () => {
  let copy: string;
  let env: Record<string, string>;
  const sh = (script: string) => execFileSync('bash', ['-euc', script], { cwd: copy, env, stdio: 'pipe' }).toString();

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'docs-'));
    const { PATH = '', HOME = '/root', TMPDIR = '/tmp', ATOLL_TEST_HELM = '' } = process.env;
    const author = { GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x@example.org' };
    const committer = { GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x@example.org' };
    env = { PATH, HOME, TMPDIR, ATOLL_TEST_HELM, ROOT, DOCKER_HOST: engineHost(), ...author, ...committer };
    // A clone with what is here now, built already, and something to pull from.
    sh(`(cd "$ROOT" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$OLDPWD" --no-dereference)
      cp -a "$ROOT/dist" "$ROOT/dist-agent" . && ln -s "$ROOT/node_modules" node_modules
      git init -q -b main . && echo node_modules >>.git/info/exclude && git add -A && git commit -qm copy
      git clone -q --bare . .cache/origin && git remote add origin .cache/origin && git fetch -q && git branch -qu origin/main`);
    docker('tag', IMAGE, NAMED);
  });

  afterAll(async () => {
    sh('bin/up --stop');
    docker('rmi', NAMED);
    await rm(copy, { recursive: true, force: true });
  });

  /** Runs its blocks. Throws what the first one that fails said. */
  async function session(document: string, blocks: Block[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'session-'));
    for (const [index, { text, mark }] of blocks.entries()) {
      await writeFile(join(folder, `${index + 1}.sh`), `${text}\n`);
      const how = mark.how === 'answers' ? String(mark.status) : mark.how;
      await writeFile(join(folder, `${index + 1}.mark`), how);
    }
    const { promise, resolve: done } = Promise.withResolvers<Error | null>();
    execFile('bash', [SESSION, folder], { cwd: copy, env, timeout: SESSION_MS }, (error) => done(error));
    const error = await promise;
    if (!error) return folder;
    const said = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
    const number = (await said('current')).trim();
    const { line, text } = blocks[Number(number) - 1] ?? {};
    const all = [
      await said(`${number}.out`),
      await said(`${number}.err`),
      existsSync(join(folder, 'up.out')) ? await said('up.out') : '',
    ];
    throw new Error(`${document}:${line} failed:\n${text}\n${all.join('\n')}\n${error.message}`);
  }

  it.each(DOCUMENTS)('%s: its commands do what they say', { timeout: SESSION_MS + 10_000 }, async (document) => {
    const blocks = shellBlocks(document).filter(isRun);
    const folder = await session(document, blocks);
    for (const [index, { line, shows }] of blocks.entries()) {
      if (shows === undefined) continue;
      const answer: unknown = JSON.parse(await readFile(join(folder, `${index + 1}.out`), 'utf8'));
      expect({ line, shape: shapeOf(answer) }).toEqual({ line, shape: shapeOf(JSON.parse(shows)) });
    }
    await rm(folder, { recursive: true, force: true });
  });
});

/** Names and kinds, not values: ids and times are others each time. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return 'array';
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shapeOf(part)]));
}
