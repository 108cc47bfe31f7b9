import type { Command } from '../../src/store/command.types.js';

/** A running command. */
export const aCommand = (changes: Partial<Command> = {}): Command => ({
  id: 'cmd_1',
  sandboxId: 'sb_1',
  ordinal: 1,
  argv: ['echo', 'a', 'b'],
  cwd: '/',
  incarnation: '0123456789abcdef',
  state: 'running',
  pid: null,
  startedAt: 1,
  finishedAt: null,
  exitCode: null,
  signal: null,
  endReason: null,
  message: null,
  outputLength: 0,
  usage: null,
  ...changes,
});
