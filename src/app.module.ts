import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { LoggerModule } from 'nestjs-pino';
import { CommandsModule } from './commands/commands.module.js';
import { ApiKeyGuard } from './common/auth/api-key.guard.js';
import { ErrorFilter } from './common/errors/error.filter.js';
import { ErrorInterceptor } from './common/errors/error.interceptor.js';
import { LeavingInterceptor } from './common/leaving/leaving.interceptor.js';
import { LeavingModule } from './common/leaving/leaving.module.js';
import { loggerOptions } from './common/logging.js';
import { ValidationPipe } from './common/validation/validation.pipe.js';
import { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { DockerModule } from './engine/docker/docker.module.js';
import { FilesModule } from './files/files.module.js';
import { HealthModule } from './health/health.module.js';
import { ImagesModule } from './images/images.module.js';
import { InstanceModule } from './instance.module.js';
import { SandboxesModule } from './sandboxes/sandboxes.module.js';
import { SchedulerModule } from './scheduler/scheduler.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { StoreModule } from './store/store.module.js';
import { TracesModule } from './traces/traces.module.js';

/** Wiring only. The one place that names an adapter of the engine. */
@Module({})
export class AppModule {
  /** `config` is given by tests; the service reads its own environment. */
  static with(config: DynamicModule | typeof ConfigModule = ConfigModule): DynamicModule {
    return {
      module: AppModule,
      imports: [
        config,
        LoggerModule.forRootAsync({ inject: [Config], useFactory: loggerOptions }),
        LeavingModule,
        StoreModule,
        InstanceModule,
        DockerModule,
        HealthModule,
        SandboxesModule,
        CommandsModule,
        FilesModule,
        ImagesModule,
        SchedulerModule,
        MetricsModule,
        TracesModule,
      ],
      providers: [
        ErrorFilter,
        { provide: APP_FILTER, useExisting: ErrorFilter },
        { provide: APP_INTERCEPTOR, useClass: ErrorInterceptor },
        { provide: APP_INTERCEPTOR, useClass: LeavingInterceptor },
        { provide: APP_PIPE, useClass: ValidationPipe },
        ApiKeyGuard,
        { provide: APP_GUARD, useExisting: ApiKeyGuard },
      ],
    };
  }
}
