import { within } from './deadline.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('gives what comes in time, and leaves no timer behind', async () => {
  expect(await within(Promise.resolve('done'), 1000, 'it')).toBe('done');
  await expect(within(Promise.reject(new Error('own')), 1000, 'it')).rejects.toThrow('own');
  expect(vi.getTimerCount()).toBe(0);
});

it('is TIMEOUT for what does not, with the sentence', async () => {
  const late = expect(within(new Promise(() => undefined), 1000, 'the sandbox')).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'the sandbox took longer than 1000 ms',
  });
  await vi.advanceTimersByTimeAsync(1000);
  await late;
});

it('minds no failure that comes too late', async () => {
  let fail: (error: Error) => void = () => undefined;
  const late = expect(within(new Promise((_, reject) => (fail = reject)), 1000, 'it')).rejects.toThrow('longer');
  await vi.advanceTimersByTimeAsync(1000);
  await late;
  const seen = vi.fn();
  process.once('unhandledRejection', seen);
  fail(new Error('too late'));
  await vi.advanceTimersByTimeAsync(10);
  process.off('unhandledRejection', seen);
  expect(seen).not.toHaveBeenCalled();
});
