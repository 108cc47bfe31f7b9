import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { CommandsModule } from '../commands/commands.module.js';
import { GuestModule } from '../guest/guest.module.js';
import { ImagesModule } from '../images/images.module.js';
import { SandboxesModule } from '../sandboxes/sandboxes.module.js';
import { Comparison } from './comparison.js';
import { DeathWatch } from './death-watch.js';
import { Endings } from './endings.js';
import { EngineWatch } from './engine-watch.js';
import { ExpirySweep } from './expiry-sweep.js';
import { IdempotencyUpkeep } from './idempotency-upkeep.js';
import { ImageSweep } from './image-sweep.js';
import { Reconciler } from './reconciler.js';

/** What happens by itself: expiry, and keeping the store and the engine of one mind. */
@Module({
  imports: [ScheduleModule.forRoot(), CommandsModule, GuestModule, ImagesModule, SandboxesModule],
  providers: [Comparison, DeathWatch, Endings, EngineWatch, ExpirySweep, IdempotencyUpkeep, ImageSweep, Reconciler],
})
export class SchedulerModule {}
