import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/check-program.ts';
import { compile } from '../../src/compile/compile.ts';
import { renderDiagnostic } from '../../src/render/diagnostic-text.ts';
import { CircuitError, positionAt } from '../../src/syntax/diagnostic.ts';
import { seeded } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

const folder = new URL('../../circuits/', import.meta.url);
const examples = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.circ'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'));

const FRAGMENTS = [
  ...['+', '-', '*', '/', '@', '^', '(', ')', '[', ']', '{', '}', ',', ';', '..', '=', ':', '.T'],
  ...[
    '0',
    '1',
    '2',
    '7',
    '0.5',
    '1e9',
    '1e-9',
    '1e400',
    'x',
    'n',
    'sum(',
    'rotate(',
    'for i in 0..3 {',
  ],
  ...[
    'cipher',
    'plain',
    'output',
    'let',
    'var',
    'fn f(a) = ',
    'within [0, 1]',
    '/*',
    '//',
    '\u0000',
    '🐟',
  ],
];

/** A replacement of a part of a text, with start and length as fractions of the text's length. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(12),
  insert: fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 4 }), fc.constant('')),
});

const mutated = fc
  .tuple(fc.constantFrom(...examples), fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) =>
    edits.reduce((current, { at, remove, insert }) => {
      const from = Math.floor(at * current.length);
      return current.slice(0, from) + insert + current.slice(from + remove);
    }, text),
  );

const bytes = fc.uint8Array({ maxLength: 300 }).map((data) => new TextDecoder().decode(data));

/** Expects that a text is accepted, or refused with errors that can be rendered. */
function refusedOr(text: string, action: (text: string) => void): void {
  try {
    action(text);
  } catch (error) {
    if (!(error instanceof CircuitError))
      throw new Error(`crashed on ${JSON.stringify(text)}`, { cause: error });
    expect(error.diagnostics.length).toBeGreaterThan(0);
    for (const diagnostic of error.diagnostics) {
      const { line, column } = positionAt(error.source, diagnostic.span.start);
      expect(line * column).toBeGreaterThan(0);
      expect(diagnostic.message).not.toMatch(/undefined|\[object|NaN/);
      expect(renderDiagnostic(error.source, diagnostic, { color: false })).toContain(
        diagnostic.code,
      );
    }
  }
}

describe('any text', () => {
  it('is checked or refused', SAMPLED, () => {
    const source = (text: string) => check({ file: 'fuzz.circ', text });
    fc.assert(
      fc.property(fc.oneof(bytes, mutated), (text) => refusedOr(text, source)),
      seeded(cases(1_500, 500)),
    );
  });

  it('compiles or is refused', SAMPLED, () => {
    const source = (text: string) => compile({ file: 'fuzz.circ', text }, { optimizationLevel: 3 });
    fc.assert(
      fc.property(mutated, (text) => refusedOr(text, source)),
      seeded(cases(400, 4)),
    );
  });
});
