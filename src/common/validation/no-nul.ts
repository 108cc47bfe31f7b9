import { Matches } from 'class-validator';

/** Text that can be handed to a system call. */
export const NoNul = (options?: { each: boolean }) =>
  // eslint-disable-next-line no-control-regex -- NUL is the one byte that no path and no argument can hold
  Matches(/^[^\0]*$/, { ...options, message: '$property must not hold a NUL character' });
