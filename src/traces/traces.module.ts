import { Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Traces } from './traces.js';

/** What becomes of the spans that rooms begin by src/common/traces. */
@Module({
  providers: [{ provide: Traces, inject: [Config], useFactory: (config: Config) => Traces.of(config) }],
  exports: [Traces],
})
export class TracesModule {}
