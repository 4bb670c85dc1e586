import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { CODES } from '../../src/errors/codes.ts';
import { defined } from '../../src/lookup.ts';
import { CircuitError } from '../../src/syntax/diagnostic.ts';
import { TABLE_PAGE, withCodesTable } from './errors-page.ts';
import { type Example, examplesOf, page } from './examples.ts';

const markdown = page('errors.md');
const examples = examplesOf(markdown);
/** The files that examples include: blocks of the page with `file` and their name. */
const filesShown = new Map(
  examples.flatMap(({ info: [kind, name], text }) =>
    kind === 'file' ? [[defined(name), new TextEncoder().encode(text)] as const] : [],
  ),
);
const files = { resolve: (path: string) => defined(filesShown.get(path)) };
const compiled = ({ line, text }: Example) =>
  compile({ file: `errors.md:${line}`, text, files }, { optimizationLevel: 2 });

/** Codes whose examples would need megabytes, invalid UTF-8, or options. */
const withoutExample = [
  ...['file-too-large', 'invalid-utf8', 'nesting-too-deep', 'too-deep'],
  ...['unknown-param', 'no-parameters', 'assumed-range', 'constant-vanishes', 'limits-not-met'],
  ...['unknown-tensor', 'layout-does-not-fit', 'layout-not-computed', 'layout-unused'],
  'unchecked-ring',
];

/** The codes with their own headings: the section, the code, and the first paragraph. */
const headed = markdown.split(/^## /m).flatMap((section) => {
  const [heading] = section.split('\n', 1);
  return section
    .split(/^### /m)
    .slice(1)
    .map((text) => {
      const [code, paragraph] = text.split('\n\n');
      return {
        page: defined(heading),
        code: defined(code),
        paragraph: defined(paragraph).replaceAll('\n', ' '),
      };
    });
});

/** Returns the severity of a code and its exit status, as its section describes them. */
function describedIn({ page, paragraph }: (typeof headed)[number]) {
  const warns = page === 'Warnings' || /\bwarn\b/.test(paragraph);
  const refuses = page !== 'Warnings' || /\bis refused\b/.test(paragraph);
  const status = Number(/\bwith status (\d)/.exec(paragraph)?.[1] ?? 1);
  return { severity: warns ? 'warning' : 'error', ...(refuses ? { status } : {}) };
}

test('the page lists each code once under its section, with title, severity and status', () => {
  const expected = Object.entries(CODES)
    .filter(([, objection]) => objection.page !== TABLE_PAGE)
    .map(([code, objection]) => ({ code, ...objection }));
  const shown = headed.map((entry) => {
    const { code, page, paragraph } = entry;
    const title = expected.find((listed) => listed.code === code)?.title;
    const shownTitle = title && paragraph.startsWith(title) ? title : paragraph;
    return { code, page, title: shownTitle, ...describedIn(entry) };
  });
  const byCode = (a: { code: string }, b: { code: string }) => (a.code < b.code ? -1 : 1);
  expect(shown.sort(byCode)).toEqual(expected.sort(byCode));
});

test('the page lists the other codes in a table, which `npm run docs` writes', () => {
  expect(withCodesTable(markdown)).toBe(markdown);
});

test('the source uses every code', () => {
  const root = new URL('../../src/', import.meta.url);
  const source = readdirSync(root, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts') && file !== 'errors/codes.ts')
    .map((file) => readFileSync(new URL(file, root), 'utf8'))
    .join('\n');
  const unused = Object.keys(CODES).filter((code) => !source.includes(`'${code}'`));
  // `unknown-${kind}`: the type of the template determines the possible codes.
  expect(unused).toEqual(['unknown-function', 'unknown-name', 'unknown-output']);
});

test('every code of a circuit has an example', () => {
  const shown = examples.flatMap(({ info: [kind], heading }) =>
    kind === 'error' || kind === 'warning' ? [heading] : [],
  );
  expect([...shown, ...withoutExample].sort()).toEqual(headed.map(({ code }) => code).sort());
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
    expect(defined((refused as CircuitError).diagnostics[0]).code).toBe(code);
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
