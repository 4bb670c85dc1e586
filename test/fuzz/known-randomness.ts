import nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { Random } from './random.ts';

/**
 * Carries out an action with random bytes that are the same in every run, also SEAL's, so that keys
 * are the same. No other work may go on meanwhile.
 */
export async function withKnownRandomness<T>(action: () => Promise<T>): Promise<T> {
  const random = new Random('known keys');
  const fill = (bytes: Uint8Array): void => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
  };
  const { randomBytes } = nodeCrypto;
  Object.assign(nodeCrypto, {
    randomBytes: (count: number) => {
      const bytes = Buffer.alloc(count);
      fill(bytes);
      return bytes;
    },
  });
  // SEAL passes bytes of its memory.
  Object.assign(globalThis.crypto, {
    getRandomValues: (view: Uint8Array) => {
      fill(view);
      return view;
    },
  });
  syncBuiltinESMExports();
  try {
    return await action();
  } finally {
    Object.assign(nodeCrypto, { randomBytes });
    Reflect.deleteProperty(globalThis.crypto, 'getRandomValues');
    syncBuiltinESMExports();
  }
}
