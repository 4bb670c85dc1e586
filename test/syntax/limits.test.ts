import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { renderDiagnostic } from '../../src/render/diagnostic-text.ts';
import { MAX_LENGTH } from '../../src/syntax/diagnostic.ts';
import { format } from '../../src/syntax/format-source.ts';
import { codes, errors, parseText } from './support.ts';

/** Kinds of nesting: the greatest depth of each that is parsed, and a text of depth `n`. */
const nested: Readonly<Record<string, readonly [limit: number, make: (n: number) => string]>> = {
  parentheses: [102, (n) => `let y = ${'('.repeat(n)}x${')'.repeat(n)};`],
  vectors: [102, (n) => `let y = ${'['.repeat(n)}x${']'.repeat(n)};`],
  calls: [102, (n) => `let y = ${'f('.repeat(n)}x${')'.repeat(n)};`],
  indices: [102, (n) => `let y = ${'x['.repeat(n)}0${']'.repeat(n)};`],
  loops: [170, (n) => `${'for t in 0..2 { '.repeat(n)}${'}'.repeat(n)}`],
  minuses: [256, (n) => `let y = ${'-'.repeat(n)}x;`],
  powers: [256, (n) => `let y = ${'x^'.repeat(n)}2;`],
  'negative powers': [128, (n) => `let y = ${'x^-'.repeat(n)}2;`],
  transposes: [256, (n) => `let y = x${'.T'.repeat(n)};`],
  'indices in a row': [254, (n) => `let y = x${'[0]'.repeat(n)};`],
};

describe('nesting', () => {
  it.each(Object.entries(nested))('of %s is limited', (_, [limit, make]) => {
    expect(errors(make(limit))).toEqual([]);
    for (const depth of [limit + 1, 100_000]) {
      expect(codes(make(depth))).toEqual([expect.stringMatching(/ nesting-too-deep$/)]);
      expect(parseText(make(depth)).program.items).toEqual([]);
    }
  });

  it('is reported where it exceeds the limit', () => {
    const [limit, make] = defined(nested.parentheses);
    expect(errors(make(300))).toEqual([
      `1:${9 + limit} nesting-too-deep «(» nested too deeply | name subexpressions with \`let\``,
    ]);
  });

  it.each(Object.entries(nested))(
    'of %s leaves spare stack in a new process',
    (_, [limit, make]) => {
      const text = make(limit);
      const script = `import { format } from './src/syntax/format-source.ts';
      const nest = (n) => (n === 0 ? format({ file: 'x', text: ${JSON.stringify(text)} }) : nest(n - 1));
      nest(1000);`;
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: new URL('../..', import.meta.url),
        encoding: 'utf8',
        timeout: 60_000,
        killSignal: 'SIGKILL',
      });
      expect(run.stderr.replace(/^.*Warning.*$/gm, '').trim()).toBe('');
      expect(run.status).toBe(0);
    },
  );

  it('does not count brackets that are never closed', () => {
    const text = 'let y = (x;\n'.repeat(300);
    expect(codes(text).slice(0, 2)).toEqual(['1:9 unclosed-bracket', '2:9 unclosed-bracket']);
    expect(codes(text).at(-1)).toBe('101:9 too-many-errors');
  });
});

describe('long chains', () => {
  it('of 100,000 terms stay flat', () => {
    const { program, diagnostics } = parseText(`let y = ${'x + 2*x - '.repeat(50_000)}x;`);
    expect(diagnostics).toEqual([]);
    expect(program.items[0]).toMatchObject({ value: { kind: 'sum' } });
  });

  it('of 100,000 statements parse and format', () => {
    const text = 'let y = f(x, 2) // c\n;\n'.repeat(100_000);
    expect(parseText(text).program.items.length).toBe(100_000);
    const oneLine = `${'x = 1; '.repeat(100_000)}y = [${'1,'.repeat(100_000)}1];`;
    expect(format({ file: 'x', text: oneLine }).length).toBeGreaterThan(100_000);
  });
});

describe('size', () => {
  it('beyond 8 MiB is refused', () => {
    const text = ' '.repeat(MAX_LENGTH + 1);
    expect(errors(text)).toEqual([
      '1:1 file-too-large «» the file has more than 8 MiB | give data with --inputs',
    ]);
  });

  it('of 8 MiB is parsed', () => {
    const piece = 'let abc = a + b*3;\n';
    const text = piece.repeat(Math.floor(MAX_LENGTH / piece.length));
    expect(parseText(text).diagnostics).toEqual([]);
  });

  it.each([
    ['errors', 'let = ;'],
    ['stray bytes', '€a'],
    ['fractions', '1.'],
    ['open comments', '/*'],
    ['opening brackets', '('],
    ['closing brackets', ')'],
    ['digits', '1'],
    ['words', 'for '],
    ['quotes', '“a '],
  ])('of 1 MiB of %s is parsed in time', (_, piece) => {
    const text = piece.repeat(Math.floor(2 ** 20 / piece.length));
    parseText(text);
    // Measured: up to 0.5 s. Anything quadratic would take many minutes.
  });
});

describe('many errors', () => {
  it('beyond 100 are only counted', () => {
    const found = errors('let = 3;\n'.repeat(150));
    expect(found.length).toBe(101);
    expect(found[99]).toMatch(/^100:5 unexpected-token/);
    expect(found[100]).toBe(
      '101:5 too-many-errors «=» 50 more errors | correct the errors above first',
    );
    expect(errors('let = 3;\n'.repeat(101))[100]).toContain(' 1 more error |');
    expect(errors('let = 3;\n'.repeat(100)).length).toBe(100);
  });

  it('end the search after a thousand', () => {
    expect(errors('let = 3;\n'.repeat(5000))[100]).toContain(' at least 900 more errors |');
  });

  it('render, even at the end of a long line', () => {
    const text = 'let = 3; '.repeat(900_000);
    const { diagnostics } = parseText(text);
    for (const diagnostic of diagnostics) {
      renderDiagnostic({ file: 'x', text }, diagnostic, { color: true });
    }
  });
});
