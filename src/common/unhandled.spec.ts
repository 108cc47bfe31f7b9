import { Logger } from '@nestjs/common';
import { surviveRejections } from './unhandled.js';

it('tells of a promise that failed unseen, with its stack, and goes on', () => {
  const told = vi.spyOn(Logger.prototype, 'fatal').mockReturnValue();
  const before = process.listeners('unhandledRejection');
  const stop = surviveRejections();
  const [ours] = process.listeners('unhandledRejection').filter((listener) => !before.includes(listener));
  const error = new Error('nobody looked');
  ours(error, Promise.resolve());
  stop();
  expect(told).toHaveBeenCalledExactlyOnceWith({ err: error }, expect.any(String));
  expect(process.listeners('unhandledRejection')).toEqual(before);
});
