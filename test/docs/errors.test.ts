import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { CircuitError } from '../../src/syntax/diagnostic.ts';
import { type Example, examplesOf, page } from './examples.ts';

const markdown = page('errors.md');
const examples = examplesOf(markdown);
const compiled = ({ line, text }: Example) =>
  compile({ file: `errors.md:${line}`, text }, { level: 2 });

/** Codes that take megabytes, bytes that are no text, or a command line. */
const withoutExample = [
  ...['file-too-large', 'invalid-utf8', 'nesting-too-deep', 'too-deep', 'too-many-errors'],
  ...['unknown-param', 'no-parameters', 'assumed-range', 'constant-vanishes', 'limits-not-met'],
  'unchecked-ring',
];

/** How a code stands in the source: as a property, or as an argument of what reports it. */
const patterns = [
  /\bcode(?:: | = )'([a-z0-9-]+)'/g,
  /\b(?:error|refuse|[A-Z]\w*Error|Failure)\(\s*'([a-z0-9]+(?:-[a-z0-9]+)*)'/g,
  /\bplain\(\s*\d,\s*'([a-z0-9-]+)'/g,
  /new UsageError\([^;]*?,\s*'([a-z0-9-]+)'/g,
];

function codesIn(source: string): readonly string[] {
  const found = patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, c]) => c!));
  // `unknown-${what}`, with a type that lists what may be unknown.
  const kinds = source.includes('`unknown-$' + '{what}`')
    ? [...source.matchAll(/what: '(\w+)' \| '(\w+)'/g)].flatMap(([, a, b]) => [a!, b!])
    : [];
  return [...found, ...kinds.map((kind) => `unknown-${kind}`)];
}

function codesOfSource(): readonly string[] {
  const root = new URL('../../src/', import.meta.url);
  const files = readdirSync(root, { recursive: true }).map(String);
  const codes = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => codesIn(readFileSync(new URL(file, root), 'utf8')));
  return [...new Set(codes)].sort();
}

const headings = [...markdown.matchAll(/^### (.*)$/gm)].map(([, code]) => code!);
const rows = [...markdown.matchAll(/^\| `([a-z0-9-]+)` +\|/gm)].map(([, code]) => code!);

test('the page lists the codes of the source, each once', () => {
  expect([...headings, ...rows].sort()).toEqual(codesOfSource());
});

test('every code of a circuit has an example', () => {
  const shown = examples.flatMap(({ info, heading }) => (info.length > 0 ? [heading] : []));
  expect([...shown, ...withoutExample].sort()).toEqual([...headings].sort());
});

describe('every example is refused with its code', () => {
  const wrong = examples.filter(({ info }) => info[0] === 'error');
  test.each(wrong.map((example) => [example.heading, example] as const))('%s', (code, example) => {
    let refused: unknown;
    try {
      compiled(example);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(CircuitError);
    expect((refused as CircuitError).diagnostics[0]!.code).toBe(code);
    expect((refused as CircuitError).diagnostics).toHaveLength(1);
  });
});

test.each(
  examples
    .filter(({ info }) => info[0] === 'warning')
    .map((example) => [example.heading, example] as const),
)('the example of %s compiles with that warning', (code, example) => {
  expect(compiled(example).warnings.map((warning) => warning.code)).toEqual([code]);
});

describe('what to write instead compiles', () => {
  const right = examples.filter(({ info }) => info.length === 0);
  test.each(right.map((example) => [example.heading, example] as const))('%s', (_, example) => {
    expect(compiled(example).warnings).toEqual([]);
  });
});
