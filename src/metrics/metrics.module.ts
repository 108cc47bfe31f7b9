import { Module } from '@nestjs/common';
import { MetricsServer } from './metrics-server.js';
import { Readings } from './readings.js';

/** What is shown of the counts that all rooms keep by src/common/metrics. */
@Module({ providers: [MetricsServer, Readings] })
export class MetricsModule {}
