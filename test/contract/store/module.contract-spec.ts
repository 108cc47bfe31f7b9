import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigModule } from '../../../src/config/config.module.js';
import { CommandsRepository } from '../../../src/store/commands.repository.js';
import { MetaRepository } from '../../../src/store/meta.repository.js';
import { SandboxesRepository } from '../../../src/store/sandboxes.repository.js';
import { StoreModule } from '../../../src/store/store.module.js';
import { backends } from './backends.js';

@Injectable()
class Early implements OnModuleInit {
  instance?: string;

  constructor(private readonly meta: MetaRepository) {}

  async onModuleInit(): Promise<void> {
    this.instance = await this.meta.putIfAbsent('instance', 'first');
  }
}

@Module({ providers: [Early] })
class EarlyModule {}

describe.each(backends)('StoreModule on $name', (backend) => {
  it('is migrated before any other module begins, and closes with the service', async () => {
    const { location, drop } = await backend.create();
    const environment = {
      ATOLL_API_KEY: 'k'.repeat(16),
      ATOLL_DATA_DIR: location.dataDir,
      DATABASE_URL: location.databaseUrl,
    };
    const imports = [EarlyModule, ConfigModule.forEnvironment(environment), StoreModule];
    const app = await Test.createTestingModule({ imports }).compile();
    await app.init();
    expect(app.get(Early).instance).toBe('first');
    expect(await app.get(SandboxesRepository).list()).toEqual([]);
    expect(await app.get(CommandsRepository).count('sb_x')).toBe(0);
    const meta = app.get(MetaRepository);
    await app.close();
    await expect(meta.get('instance')).rejects.toThrow();
    await drop();
  });
});
