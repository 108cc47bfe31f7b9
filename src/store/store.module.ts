import { Global, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '../config/config.js';
import { CommandsRepository } from './commands.repository.js';
import { DataDirLock } from './data-dir-lock.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { MetaRepository } from './meta.repository.js';
import { PulledImagesRepository } from './pulled-images.repository.js';
import { SandboxesRepository } from './sandboxes.repository.js';
import { Store } from './store.js';

const repositories = [
  SandboxesRepository,
  CommandsRepository,
  MetaRepository,
  IdempotencyRepository,
  PulledImagesRepository,
];

/**
 * The store and its repositories. Global modules are initialised before all others, so the schema is up to date in
 * every other module's onModuleInit; and it is closed in the last phase of a shutdown.
 */
@Global()
@Module({
  providers: [
    { provide: DataDirLock, inject: [Config], useFactory: (config: Config) => DataDirLock.take(config.dataDir) },
    // The lock first: nothing of the store is touched without it.
    { provide: Store, inject: [Config, DataDirLock], useFactory: (config: Config) => new Store(config) },
    ...repositories,
  ],
  exports: [Store, ...repositories],
})
export class StoreModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly store: Store,
    private readonly lock: DataDirLock,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.store.migrate();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
    this.lock.release();
  }
}
