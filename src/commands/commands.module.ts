import { Module } from '@nestjs/common';
import { GuestModule } from '../guest/guest.module.js';
import { SandboxesModule } from '../sandboxes/sandboxes.module.js';
import { CommandFollower } from './command-follower.js';
import { CommandHistory } from './command-history.js';
import { CommandRecovery } from './command-recovery.js';
import { CommandStarter } from './command-starter.js';
import { CommandWatch } from './command-watch.js';
import { CommandsController } from './commands.controller.js';
import { CommandsService } from './commands.service.js';
import { LogsService } from './logs.service.js';
import { OutputController } from './output.controller.js';
import { StdinController } from './stdin.controller.js';
import { OutputStore } from './output/output-store.js';

@Module({
  imports: [GuestModule, SandboxesModule],
  controllers: [CommandsController, OutputController, StdinController],
  providers: [
    CommandsService,
    CommandFollower,
    CommandHistory,
    CommandRecovery,
    CommandStarter,
    CommandWatch,
    LogsService,
    OutputStore,
  ],
  exports: [CommandHistory, CommandRecovery, OutputStore],
})
export class CommandsModule {}
