import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Config, ConfigError } from './config.js';
import { ConfigModule } from './config.module.js';

const KEY = 'k'.repeat(16);

@Module({})
class Empty {}

describe('ConfigModule', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('provides the process environment, read once', async () => {
    vi.stubEnv('ATOLL_API_KEY', KEY);
    vi.stubEnv('PORT', '4321');
    const app = await Test.createTestingModule({ imports: [ConfigModule, Empty] }).compile();
    expect(app.get(Config).http.port).toBe(4321);
    expect(app.get(Config)).toBe(app.get(Config));
  });

  it('provides another environment to tests', async () => {
    const imports = [ConfigModule.forEnvironment({ ATOLL_API_KEY: KEY, PORT: '1' })];
    const app = await Test.createTestingModule({ imports }).compile();
    expect(app.get(Config).http.port).toBe(1);
  });

  it('refuses a wrong one', async () => {
    expect(() => ConfigModule.forEnvironment({})).toThrow(ConfigError);
    vi.stubEnv('ATOLL_API_KEY', '');
    await expect(Test.createTestingModule({ imports: [ConfigModule] }).compile()).rejects.toThrow('ATOLL_API_KEY');
  });
});
