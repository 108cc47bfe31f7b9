import { Module } from '@nestjs/common';
import { GuestModule } from '../guest/guest.module.js';
import { SandboxesModule } from '../sandboxes/sandboxes.module.js';
import { CommandFollower } from './command-follower.js';
import { CommandHistory } from './command-history.js';
import { CommandRecovery } from './command-recovery.js';
import { CommandsController } from './commands.controller.js';
import { CommandsService } from './commands.service.js';
import { OutputStore } from './output/output-store.js';

@Module({
  imports: [GuestModule, SandboxesModule],
  controllers: [CommandsController],
  providers: [CommandsService, CommandFollower, CommandHistory, CommandRecovery, OutputStore],
  exports: [CommandHistory, CommandRecovery, OutputStore],
})
export class CommandsModule {}
