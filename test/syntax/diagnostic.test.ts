import fc from 'fast-check';
import { expect, test } from 'vitest';
import { positionAt, positionsIn } from '../../src/syntax/diagnostic.ts';
import { seeded } from '../support/programs.ts';

test('positionsIn gives the same positions as positionAt', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', 'é', '\r\n') });
  fc.assert(
    fc.property(text, (text) => {
      const source = { file: 'test.circ', text };
      const positionOf = positionsIn(source);
      for (let offset = 0; offset <= text.length; offset++) {
        expect(positionOf(offset)).toEqual(positionAt(source, offset));
      }
    }),
    seeded(100),
  );
});
