import { expect } from 'vitest';
import type { ErrorCode } from '../../src/errors/codes.ts';

/** An error of this code, for `toThrow`. */
export const coded = (code: ErrorCode): Error => expect.objectContaining({ code });
