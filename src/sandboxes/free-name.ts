import { NameTakenError } from '../store/sandboxes.repository.js';
import { newName } from './names.js';

const ATTEMPTS = 50;

/**
 * Inserts a sandbox under a name that is free: the given one, where there is one and nobody has it, or one that is drawn. Throws what the insert throws;
 * NameTakenError when 50 names were taken.
 */
export async function underFreeName<T>(insert: (name: string) => Promise<T>, given?: string): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await insert(attempt === 1 && given !== undefined ? given : newName(attempt));
    } catch (error) {
      if (!(error instanceof NameTakenError) || attempt === ATTEMPTS) throw error;
    }
  }
}
