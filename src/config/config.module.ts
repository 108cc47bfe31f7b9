import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Config, readConfig } from './config.js';
import type { Environment } from './variable.js';

/** Hands out the one Config. The only place that reads the process's environment, once, as the service boots. */
@Global()
@Module({
  providers: [{ provide: Config, useFactory: () => readConfig(process.env) }],
  exports: [Config],
})
export class ConfigModule {
  /** The same with another environment, for tests. Throws ConfigError at once when it is wrong. */
  static forEnvironment(env: Environment): DynamicModule {
    return { module: ConfigModule, global: true, providers: [{ provide: Config, useValue: readConfig(env) }] };
  }
}
