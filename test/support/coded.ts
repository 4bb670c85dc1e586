import { expect } from 'vitest';
import type { ErrorCode } from '../../src/errors/codes.ts';

/** Returns a matcher for errors with a code, for `toThrow`. */
export const coded = (code: ErrorCode): Error => expect.objectContaining({ code });
