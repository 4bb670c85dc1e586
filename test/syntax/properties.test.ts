import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderDiagnostic } from '../../src/render/diagnostic-text.ts';
import { diagnosticToJson, positionAt, type Source } from '../../src/syntax/diagnostic.ts';
import { format } from '../../src/syntax/format-source.ts';
import { parse } from '../../src/syntax/parse.ts';
import { tokenize } from '../../src/syntax/tokens.ts';
import { bare, deriveTokens, errors, joinTokens, parseText } from './support.ts';

const tape = fc.array(fc.nat(1000), { maxLength: 300, size: 'max' });
const program = fc
  .tuple(tape, tape)
  .map(([derivation, trivia]) => joinTokens(deriveTokens(derivation), trivia));

const fragments = [
  ...['let', 'for', 'if', 'in', 'fn', 'return', 'output', '{', '}', '(', ')', '[', ']', ';', ','],
  ...['else', 'include', 'and', 'or', 'not', 'within', 'elif', 'then', 'import', '!=', '"a"', "'"],
  ...[
    '..',
    '.',
    '...',
    '=',
    '==',
    '**',
    '<',
    '+=',
    '-',
    '^',
    '.T',
    '.t',
    '1.',
    '.5',
    '2x',
    '#',
    '"',
  ],
  ...['/*', '*/', '//', '\n', '\r\n', '\t', '\0', '\u2013', '\u00d7', '\u00b2', '\u201c', '\u00e9'],
  ...['\ud800', '\ufffd', '\ufeff', '\u00a0', '\u202e', '\x1b[31m', '😀', '漢'],
];

/** Programs with some characters cut out or overwritten. */
const mutated = fc
  .tuple(
    program,
    fc.array(fc.tuple(fc.nat(2000), fc.nat(6), fc.constantFrom('', ...fragments)), {
      minLength: 1,
      maxLength: 6,
    }),
  )
  .map(([text, edits]) =>
    edits.reduce((result, [offset, cut, insert]) => {
      const at = offset % (result.length + 1);
      return result.slice(0, at) + insert + result.slice(at + cut);
    }, text),
  );

const soup = fc.array(fc.constantFrom(...fragments, ' ', 'x', '3'), { maxLength: 60 });
const anything = fc.oneof(
  mutated,
  soup.map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => new TextDecoder().decode(bytes)),
);

function checkDiagnostics(source: Source): void {
  const { diagnostics } = parse(source);
  let last = 0;
  for (const diagnostic of diagnostics) {
    const { start, end } = diagnostic.span;
    expect(start).toBeGreaterThanOrEqual(last);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(end).toBeLessThanOrEqual(source.text.length);
    last = start;
    const rendered = renderDiagnostic(source, diagnostic, { color: false });
    const position = positionAt(source, start);
    expect(rendered.split('\n')[0]).toContain(
      `test.circ:${position.line}:${position.column}: error[`,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not reach a terminal
    expect(rendered).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    for (const line of rendered.split('\n').slice(1, 3)) expect(line.length).toBeLessThan(130);
    expect(diagnosticToJson(source, diagnostic)).toMatchObject(position);
  }
}

/** Every node's span lies in its parent's; no node is missing. */
function checkSpans(node: unknown, outer: { start: number; end: number }): void {
  if (Array.isArray(node)) {
    for (const child of node) checkSpans(child, outer);
    return;
  }
  expect(node).not.toBeUndefined();
  if (typeof node !== 'object' || node === null) return;
  const { span = outer, ...children } = node as { span?: { start: number; end: number } };
  expect(span.start).toBeGreaterThanOrEqual(outer.start);
  expect(span.end).toBeLessThanOrEqual(outer.end);
  expect(span.end).toBeGreaterThanOrEqual(span.start);
  for (const child of Object.values(children)) checkSpans(child, span);
}

const runs = { numRuns: 500 };

describe('parse', () => {
  it('accepts every sentence of the EBNF', () => {
    fc.assert(
      fc.property(program, (text) => {
        expect(errors(text)).toEqual([]);
      }),
      runs,
    );
  });

  it('never throws, points into the text, and leaves no holes in the tree', () => {
    fc.assert(
      fc.property(anything, (text) => {
        checkDiagnostics({ file: 'test.circ', text });
        checkSpans(parseText(text).program, { start: 0, end: text.length });
      }),
      { numRuns: 1200 },
    );
  });

  it('gives every node the text it was parsed from', () => {
    fc.assert(
      fc.property(program, (text) => {
        for (const item of parseText(text).program.items) {
          const again = parseText(text.slice(item.span.start, item.span.end));
          expect(again.diagnostics).toEqual([]);
          expect(bare(again.program)).toEqual(bare({ items: [item] }));
        }
      }),
      runs,
    );
  });

  it('finds the errors of a file that is two files in a row', () => {
    const broken = [
      'if a = b { x = ; } else if { } else { y = 1 2; }\n',
      'let [a, b = c;\n',
      'v[0] = a < b < c;\n',
      'let = 3;\n',
      'let a = b +;\n',
      'x ** 2;\n',
      'for t in 0,3 { let u = ; }\n',
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...broken, 'let a = 3;\n'), { maxLength: 8 }),
        (parts) => {
          const codes = (text: string) => parseText(text).diagnostics.map(({ code }) => code);
          expect(codes(parts.join(''))).toEqual(parts.flatMap(codes));
        },
      ),
    );
  });
});

const fmt = (text: string): string => format({ file: 'test.circ', text });
const commentsOf = (text: string): readonly string[] =>
  tokenize(text).comments.map(({ image }) => image.replaceAll('\r\n', '\n').trimEnd());

describe('format', () => {
  it('is idempotent', () => {
    fc.assert(
      fc.property(program, (text) => {
        const once = fmt(text);
        expect(fmt(once)).toBe(once);
      }),
      { numRuns: 1200 },
    );
  });

  it('keeps the tree and every comment, in order', () => {
    fc.assert(
      fc.property(program, (text) => {
        const formatted = fmt(text);
        expect(bare(parseText(formatted).program)).toEqual(bare(parseText(text).program));
        expect(commentsOf(formatted)).toEqual(commentsOf(text));
      }),
      { numRuns: 1200 },
    );
  });

  it('does not depend on the blanks between tokens', () => {
    const gap = fc.constantFrom('', ' ', '\t', '   ', '\n', '\r\n');
    fc.assert(
      fc.property(tape, fc.array(gap, { maxLength: 200 }), (derivation, gaps) => {
        const tokens = deriveTokens(derivation);
        const tight = tokens.reduce((text, token, i) => {
          const between = gaps[i] ?? ' ';
          const fuses = between === '' && /\w$/.test(text) && /^\w/.test(token);
          return text + (fuses ? ' ' : between) + token;
        }, '');
        expect(fmt(tight)).toBe(fmt(tokens.join(' ')));
      }),
      runs,
    );
  });

  it('leaves no blanks at line ends, no tabs, no two empty lines', () => {
    fc.assert(
      fc.property(tape, (derivation) => {
        expect(fmt(deriveTokens(derivation).join(' '))).not.toMatch(/[ \t]\n|\t|\n\n\n|^\n|[^\n]$/);
      }),
      runs,
    );
  });
});
