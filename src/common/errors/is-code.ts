import { AtollError } from './atoll-error.js';
import type { ErrorCode } from './catalogue.js';

export const isCode = (error: unknown, code: ErrorCode): error is AtollError =>
  error instanceof AtollError && error.code === code;
