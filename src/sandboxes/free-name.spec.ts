import { NameTakenError } from '../store/sandboxes.repository.js';
import { underFreeName } from './free-name.js';

const insertUnless = (isTaken: (name: string) => boolean) => async (name: string) => {
  if (isTaken(name)) throw new NameTakenError(name);
  return name;
};

it('is the given one, or another when that was given away', async () => {
  expect(
    await underFreeName(
      insertUnless(() => false),
      'brave-otter',
    ),
  ).toBe('brave-otter');
  expect(
    await underFreeName(
      insertUnless((name) => name === 'brave-otter'),
      'brave-otter',
    ),
  ).toMatch(/^[a-z]+-[a-z]+$/);
});

it('is found when all plain ones are taken', async () => {
  expect(await underFreeName(insertUnless((name) => /^[a-z]+-[a-z]+$/.test(name)))).toMatch(/^[a-z]+-[a-z]+-\d{5}$/);
});

it('is given up after 50, and for any other error at once', async () => {
  const insert = vi.fn(insertUnless(() => true));
  await expect(underFreeName(insert)).rejects.toThrow(NameTakenError);
  expect(insert).toHaveBeenCalledTimes(50);
  const broken = vi.fn().mockRejectedValue(new Error('no store'));
  await expect(underFreeName(broken)).rejects.toThrow('no store');
  expect(broken).toHaveBeenCalledOnce();
});
