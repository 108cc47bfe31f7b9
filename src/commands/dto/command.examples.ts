import type { CommandDetail } from './command.responses.dto.js';
import type { CreateCommandRequest } from './create-command.request.dto.js';

// Made of the members' own examples, a command would be running and have ended, by itself and by a signal.

/** A command that runs. */
export const STARTED: CommandDetail = {
  id: 'cmd_4kq0z7d2m9x1c8v5b3n6',
  name: 'echo',
  args: ['hello', 'world'],
  cwd: '/',
  sandbox_id: 'sb_4kq0z7d2m9x1c8v5b3n6',
  state: 'running',
  started_at: 1764000000000,
  pid: 42,
};

/** The same when it has finished. */
export const FINISHED: CommandDetail = {
  ...STARTED,
  state: 'exited',
  exit_code: 0,
  end_reason: 'exited',
  finished_at: 1764000000012,
  cpu_user_ms: 1,
  cpu_system_ms: 2,
  stdout_bytes: 12,
  stderr_bytes: 0,
};

/** As `wait=true` answers. */
export const PAIR = [STARTED, FINISHED].map((command) => `${JSON.stringify({ command })}\n`).join('');

/** What Swagger UI proposes to run. */
export const RUN = {
  simple: {
    summary: 'a program',
    value: { command: 'echo', args: ['hello', 'world'] } satisfies CreateCommandRequest,
  },
  shell: {
    summary: 'a line of shell, in a folder, with a variable',
    value: {
      command: 'echo "$GREETING from $PWD"',
      shell: true,
      cwd: '/tmp',
      env: { GREETING: 'hello' },
    } satisfies CreateCommandRequest,
  },
};
