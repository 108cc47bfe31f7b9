import 'reflect-metadata';
import { CommandsRepository } from '../../../src/store/commands.repository.js';
import { SandboxesRepository } from '../../../src/store/sandboxes.repository.js';
import { Store, type StoreLocation } from '../../../src/store/store.js';
import { newCommand, newSandbox } from './samples.js';

/*
 * Another process of the service, for tests: `migrate` brings the schema up to date and ends; `write` writes for ever
 * and says what has been written, one line for each.
 */
const [, , task, location] = process.argv;
const store = new Store(JSON.parse(location) as StoreLocation);
await store.migrate();
if (task === 'write') await write();
await store.close();

async function write(): Promise<void> {
  const sandboxes = new SandboxesRepository(store);
  const commands = new CommandsRepository(store);
  while (true) {
    let sandbox = await sandboxes.insert(newSandbox({ exitCode: 0 }));
    console.log(`sandbox ${sandbox.id} ${sandbox.version}`);
    for (let i = 1; i <= 20; i++) {
      const command = await commands.insert(newCommand(sandbox.id, { argv: ['x'.repeat(i * 1000)] }));
      console.log(`command ${sandbox.id} ${command.id} running`);
      sandbox = (await sandboxes.update(sandbox.id, sandbox.version, { exitCode: i }))!;
      console.log(`sandbox ${sandbox.id} ${sandbox.version}`);
      await commands.finish(command.id, { state: 'exited', finishedAt: i });
      console.log(`command ${sandbox.id} ${command.id} exited`);
    }
  }
}
