import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/check-program.ts';
import { defined, last } from '../../src/lookup.ts';
import { renderDiagnostic, renderDiagnostics } from '../../src/render/diagnostic-text.ts';
import { CircuitError, diagnosticToJson, MAX_LENGTH } from '../../src/syntax/diagnostic.ts';
import { format } from '../../src/syntax/format-source.ts';
import { codes, errors, parseText } from './support.ts';

/** Kinds of nesting: the greatest depth of each that is parsed, and a text of depth `n`. */
const nested: Readonly<Record<string, readonly [limit: number, make: (n: number) => string]>> = {
  parentheses: [102, (n) => `let y = ${'('.repeat(n)}x${')'.repeat(n)};`],
  vectors: [102, (n) => `let y = ${'['.repeat(n)}x${']'.repeat(n)};`],
  calls: [102, (n) => `let y = ${'f('.repeat(n)}x${')'.repeat(n)};`],
  indices: [102, (n) => `let y = ${'x['.repeat(n)}0${']'.repeat(n)};`],
  loops: [170, (n) => `${'for t in 0..2 { '.repeat(n)}${'}'.repeat(n)}`],
  'if blocks': [170, (n) => `${'if a { '.repeat(n)}${'}'.repeat(n)}`],
  'else blocks': [170, (n) => `${'if a { } else { '.repeat(n)}${'}'.repeat(n)}`],
  'else if blocks': [170, (n) => `${'if a { } else if b { '.repeat(n)}${'}'.repeat(n)}`],
  'slices with steps': [102, (n) => `let y = ${'x[0..1..'.repeat(n)}2${']'.repeat(n)};`],
  'parts of variables': [102, (n) => `${'x['.repeat(n)}0${']'.repeat(n)} = 1;`],
  'logic in brackets': [
    85,
    (n) => `let y = ${'a or b and c == d + 2*f(1, '.repeat(n)}x${')'.repeat(n)};`,
  ],
  nots: [256, (n) => `let y = ${'not '.repeat(n)}x;`],
  'nots before minuses': [128, (n) => `let y = ${'not '.repeat(n)}a == b*${'-'.repeat(n)}x;`],
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
    expect(codes(text)).toHaveLength(300);
  });
});

describe('long chains', () => {
  it('of 100,000 terms stay flat', () => {
    const { program, diagnostics } = parseText(`let y = ${'x + 2*x - '.repeat(50_000)}x;`);
    expect(diagnostics).toEqual([]);
    expect(program.items[0]).toMatchObject({ value: { kind: 'sum' } });
  });

  it('of 100,000 operands of `and` and `or` stay flat', () => {
    const text = `let y = ${'a and b == c or '.repeat(50_000)}not d;\n`;
    const { program, diagnostics } = parseText(text);
    expect(diagnostics).toEqual([]);
    expect(program.items[0]).toMatchObject({ value: { kind: 'logic', op: 'or' } });
    expect(format({ file: 'x', text }).length).toBeGreaterThan(text.length);
  });

  it('of 100,000 `else if` stay flat', () => {
    const text = `if a { x = 1; }${' else if b { x = 2; }'.repeat(100_000)} else { x = 3; }`;
    const { program, diagnostics } = parseText(text);
    expect(diagnostics).toEqual([]);
    const [branch] = program.items;
    if (branch?.kind !== 'if') throw new Error('not an if');
    expect(branch.branches.length).toBe(100_001);
    expect(format({ file: 'x', text }).length).toBeGreaterThan(text.length);
  });

  it('of 100,000 `else if` after an error have errors of their own', () => {
    const text = `if = 3 { }${' else if b { x = ; }'.repeat(100_000)}`;
    expect(codes(text)).toHaveLength(100_001);
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
    ['strings', '"a" '],
    ['open strings', '"a\n'],
    ['single quotes', "('"],
    ['elses', 'else '],
    ['ifs', 'if '],
    ['nots', 'not\n'],
    ['open indices', 'v[\n'],
    ['comparisons', 'a<'],
  ])('of 1 MiB of %s is parsed in time', (_, piece) => {
    const text = piece.repeat(Math.floor(2 ** 20 / piece.length));
    parseText(text);
    // Measured: up to 0.5 s. Anything quadratic would take many minutes.
  });
});

describe('many errors', () => {
  it('are all reported, each once', () => {
    const found = errors('let = 3;\n'.repeat(5_000));
    expect(found.length).toBe(5_000);
    expect(found[4_999]).toMatch(/^5000:5 unexpected-token/);
  });

  it('are rendered up to the twentieth, and the others counted', () => {
    const rendered = (count: number) => {
      const text = 'let = 3;\n'.repeat(count);
      return renderDiagnostics({ file: 'x', text }, parseText(text).diagnostics, false);
    };
    expect(rendered(20).match(/^x:\d+:5: error/gm)).toHaveLength(20);
    expect(rendered(20)).not.toContain('more');
    expect(rendered(21)).toMatch(/\n1 more error; --json has all\n$/);
    expect(rendered(40_000).match(/^x:\d+:5: error/gm)).toHaveLength(20);
    expect(rendered(40_000)).toMatch(/\n39980 more errors; --json has all\n$/);
  });

  it('get their positions from one table of lines, even at the end of a long line', () => {
    const text = 'let = 3; '.repeat(100_000);
    const { diagnostics } = parseText(text);
    const source = { file: 'x', text };
    expect(diagnostics).toHaveLength(100_000);
    // Finding each position from the start would read 4e10 characters.
    for (const one of diagnostics) diagnosticToJson(source, one);
    expect(diagnosticToJson(source, last(diagnostics))).toMatchObject({
      line: 1,
      column: 899_996,
    });
    renderDiagnostic(source, last(diagnostics), { color: true });
  });

  it('of unknown names compare a limited number of names', () => {
    const text = Array.from({ length: 40_000 }, (_, i) => `let a${i} = b${i};\n`).join('');
    // 40,000 unknown names against up to 40,000 known ones would be 8e8 comparisons.
    expect(() => check({ file: 'x', text })).toThrow(CircuitError);
  });
});
