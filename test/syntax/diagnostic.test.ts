import fc from 'fast-check';
import { expect, test } from 'vitest';
import { last } from '../../src/lookup.ts';
import { positionAt } from '../../src/syntax/diagnostic.ts';
import { seeded } from '../support/programs.ts';

test('positionAt counts the lines and columns before an offset', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', 'é', '\r\n') });
  fc.assert(
    fc.property(text, (text) => {
      const source = { file: 'test.circ', text };
      for (let offset = 0; offset <= text.length; offset++) {
        const lines = text.slice(0, offset).split('\n');
        const position = { line: lines.length, column: last(lines).length + 1 };
        expect(positionAt(source, offset)).toEqual(position);
      }
    }),
    seeded(100),
  );
});
