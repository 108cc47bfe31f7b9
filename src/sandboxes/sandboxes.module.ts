import { Module } from '@nestjs/common';
import { GuestModule } from '../guest/guest.module.js';
import { SandboxAccess } from './sandbox-access.js';
import { SandboxCreator } from './sandbox-creator.js';
import { SandboxLifecycle } from './sandbox-lifecycle.js';
import { SandboxLocks } from './sandbox-locks.js';
import { SandboxPlanner } from './sandbox-plan.js';
import { SandboxRunner } from './sandbox-runner.js';
import { SandboxesController } from './sandboxes.controller.js';
import { SandboxesService } from './sandboxes.service.js';

@Module({
  imports: [GuestModule],
  controllers: [SandboxesController],
  providers: [
    SandboxAccess,
    SandboxCreator,
    SandboxLifecycle,
    SandboxLocks,
    SandboxPlanner,
    SandboxRunner,
    SandboxesService,
  ],
  exports: [SandboxAccess, SandboxLifecycle, SandboxRunner],
})
export class SandboxesModule {}
