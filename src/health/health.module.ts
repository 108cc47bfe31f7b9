import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DataDirectory } from './data-directory.js';
import { HealthWatch } from './health-watch.js';
import { HealthController } from './health.controller.js';
import { Parts } from './parts.js';
import { ReadinessCheck } from './readiness.js';

@Module({
  // Whoever asks for health may ask often: HealthWatch tells of each trouble once.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [Parts, DataDirectory, HealthWatch, ReadinessCheck],
})
export class HealthModule {}
