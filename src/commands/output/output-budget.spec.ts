import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '../../../test/support/temp-folder.js';
import { OutputBudget } from './output-budget.js';

const temp = await tempFolder();
let count = 0;

/** Logs of 100 bytes each, the first the oldest. */
async function logs(...names: string[]): Promise<string> {
  const root = join(temp, String(++count));
  for (const [age, name] of names.entries()) {
    const path = join(root, 'sb_1', name, '0.log');
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, Buffer.alloc(100));
    await utimes(path, 1000 + age, 1000 + age);
  }
  return root;
}

async function left(root: string): Promise<string[]> {
  const names = await readdir(join(root, 'sb_1'));
  const files = await Promise.all(names.map((name) => readdir(join(root, 'sb_1', name))));
  return names.filter((_, at) => files[at].length > 0).sort();
}

const fail = (error: unknown) => {
  throw error;
};

it('removes what was written longest ago, and makes some room', async () => {
  const root = await logs('c', 'a', 'd', 'b');
  await new OutputBudget(root, 310, () => false, fail).trim();
  expect(await left(root)).toEqual(['b', 'd']);
});

it('keeps what is being written, and everything within the bound', async () => {
  const root = await logs('a', 'b', 'c', 'd');
  await new OutputBudget(root, 400, () => false, fail).trim();
  expect(await left(root)).toEqual(['a', 'b', 'c', 'd']);
  await new OutputBudget(root, 150, (path) => path.includes('/a/'), fail).trim();
  expect(await left(root)).toEqual(['a']);
});

it('looks when enough was written, and not at each word', async () => {
  const root = await logs('a', 'b', 'c');
  const budget = new OutputBudget(root, 250, () => false, fail);
  budget.add(249);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await left(root)).toEqual(['a', 'b', 'c']);
  budget.add(2);
  await budget.trim();
  expect(await left(root)).toEqual(['b', 'c']);
});

it('has nothing to do where nothing was said', async () => {
  const onError = vi.fn();
  await new OutputBudget(join(temp, 'none'), 1, () => false, onError).trim();
  expect(onError).not.toHaveBeenCalled();
});

it('does not look all the time at what is just within the bound', async () => {
  const root = await logs('a');
  const budget = new OutputBudget(root, 100, () => false, fail);
  await budget.trim();
  await new Promise((resolve) => setTimeout(resolve, 120));
  const look = vi.spyOn(budget, 'trim');
  for (let word = 0; word < 10; word++) {
    budget.add(1);
    await look.mock.results.at(-1)?.value;
  }
  expect(look).toHaveBeenCalledOnce();
  expect(await left(root)).toEqual(['a']);
});

it('looks again after a while where a burst came just behind a look', async () => {
  const root = await logs('a', 'b');
  const budget = new OutputBudget(root, 200, () => false, fail);
  await budget.trim();
  await writeFile(join(root, 'sb_1', 'b', '100.log'), Buffer.alloc(50));
  budget.add(50);
  expect(await left(root)).toEqual(['a', 'b']);
  await vi.waitFor(async () => expect(await left(root)).toEqual(['b']), 2000);
});

it('goes on when the wall clock is set back', async () => {
  const root = await logs('a', 'b');
  const budget = new OutputBudget(root, 250, () => false, fail);
  await budget.trim();
  const wall = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
  try {
    await mkdir(join(root, 'sb_1', 'c'));
    await writeFile(join(root, 'sb_1', 'c', '0.log'), Buffer.alloc(100));
    budget.add(100);
    await expect.poll(() => left(root), { timeout: 15_000 }).toEqual(['b', 'c']);
  } finally {
    wall.mockRestore();
  }
});
