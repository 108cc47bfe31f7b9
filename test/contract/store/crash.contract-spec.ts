import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { CommandsRepository } from '../../../src/store/commands.repository.js';
import { SandboxesRepository } from '../../../src/store/sandboxes.repository.js';
import { backends, useStore } from './backends.js';
import { ended, lines, startChild } from './children.js';

const ROUNDS = 4;

describe.each(backends)('A service killed while it writes to $name', (backend) => {
  const context = useStore(backend);

  it('loses nothing that was written, and leaves a sound database', { timeout: 60_000 }, async () => {
    const sandboxes = new SandboxesRepository(context.store);
    const commands = new CommandsRepository(context.store);
    for (let round = 0; round < ROUNDS; round++) {
      const child = startChild('write', context.database.location);
      const end = ended(child);
      await lines(child, 10);
      await sleep(Math.random() * 150);
      child.kill('SIGKILL');
      const { stdout, stderr } = await end;
      expect(stderr).toBe('');
      // The last line may be cut short.
      const said = stdout.split('\n').slice(0, -1);

      // What was said last of each row; one more write may have been made that it had no time to tell.
      const versions = new Map<string, number>();
      const states = new Map<string, { sandboxId: string; state: string }>();
      for (const [kind, sandboxId, ...rest] of said.map((line) => line.split(' '))) {
        if (kind === 'sandbox') versions.set(sandboxId, Number(rest[0]));
        else states.set(rest[0], { sandboxId, state: rest[1] });
      }
      for (const [id, version] of versions) {
        const row = await sandboxes.find(id);
        expect([version, version + 1]).toContain(row?.version);
        expect(row!.exitCode).toBe(row!.version - 1);
      }
      for (const [id, { sandboxId, state }] of states) {
        const row = await commands.get(sandboxId, id);
        expect(state === 'exited' ? ['exited'] : ['running', 'exited']).toContain(row?.state);
      }
      if (context.store.kind === 'sqlite') {
        const { rows } = await sql<{ integrityCheck: string }>`pragma integrity_check`.execute(context.store.db);
        expect(rows).toEqual([{ integrityCheck: 'ok' }]);
      }
    }
  });
});
