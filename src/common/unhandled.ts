import { Logger } from '@nestjs/common';

/**
 * The last resort: a promise that failed while nobody looked is a bug of ours, and the log has it with its stack. But it is one call's bug, and
 * often one sandbox's doing: Node's own answer, the end of the process, would break every other call of every other sandbox, again and again
 * where that sandbox goes on. What is thrown outside of a promise still ends it: there, the code that was left half done may be anybody's.
 */
export function surviveRejections(): () => void {
  const logger = new Logger('Process');
  const tell = (reason: unknown): void => logger.fatal({ err: reason }, 'a promise failed and nobody looked');
  process.on('unhandledRejection', tell);
  return () => process.off('unhandledRejection', tell);
}
