import { Matches } from 'class-validator';

/** Permission bits with setuid, setgid and sticky, in octal digits. */
export const IsMode = () => Matches(/^0?[0-7]{1,4}$/, { message: '$property must be an octal mode such as 0644' });
