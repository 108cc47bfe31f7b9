import { readConfig, type Config } from './config.js';

/** The configuration of a tool that serves nobody, and so needs no key: else as the service reads it. Throws ConfigError. */
export const offlineConfig = (): Config => readConfig({ ATOLL_API_KEY: 'none-is-needed-here', ...process.env });
