import { Module } from '@nestjs/common';
import { GuestModule } from '../guest/guest.module.js';
import { ImagesModule } from '../images/images.module.js';
import { SandboxAccess } from './sandbox-access.js';
import { SandboxAdoption } from './sandbox-adoption.js';
import { SandboxCreator } from './sandbox-creator.js';
import { IdempotentCreate } from './idempotent-create.js';
import { SandboxIntents } from './sandbox-intents.js';
import { SandboxLister } from './sandbox-list.js';
import { SandboxLifecycle } from './sandbox-lifecycle.js';
import { SandboxPlanner } from './sandbox-plan.js';
import { SandboxRunner } from './sandbox-runner.js';
import { SandboxesController } from './sandboxes.controller.js';
import { SandboxesService } from './sandboxes.service.js';
import { SandboxSync } from './sandbox-sync.js';
import { SandboxUsage } from './sandbox-usage.js';
import { Transitions } from './transitions.js';
import { Clock } from '../common/clock.js';

@Module({
  imports: [GuestModule, ImagesModule],
  controllers: [SandboxesController],
  providers: [
    Clock,
    SandboxAccess,
    SandboxAdoption,
    SandboxCreator,
    SandboxIntents,
    SandboxLifecycle,
    SandboxLister,
    IdempotentCreate,
    SandboxPlanner,
    SandboxRunner,
    SandboxSync,
    SandboxUsage,
    SandboxesService,
    Transitions,
  ],
  exports: [Clock, SandboxAccess, SandboxAdoption, SandboxLifecycle, SandboxRunner, SandboxSync],
})
export class SandboxesModule {}
