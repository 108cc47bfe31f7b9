import { Matches } from 'class-validator';

/** Text that can be handed to a system call. */
export const NoNul = (options?: { each: boolean }) =>
  Matches(/^[^\0]*$/, { ...options, message: '$property must not hold a NUL character' });
