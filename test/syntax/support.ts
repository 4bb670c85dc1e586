import { readFileSync } from 'node:fs';
import { type Ebnf, parseEbnf } from '../../grammar/ebnf.ts';
import { defined } from '../../src/lookup.ts';
import type { Expr, IndexPart, Item, Program, Range, Stmt } from '../../src/syntax/ast.ts';
import { positionAt } from '../../src/syntax/diagnostic.ts';
import { type Parsed, parse } from '../../src/syntax/parse.ts';

export const parseText = (text: string): Parsed => parse({ file: 'test.circ', text });

/** Returns each diagnostic as `line:column code «marked text» message`, with the help after `|`. */
export function errors(text: string): readonly string[] {
  const source = { file: 'test.circ', text };
  return parse(source).diagnostics.map(({ code, span, message, help }) => {
    const { line, column } = positionAt(source, span.start);
    const marked = text.slice(span.start, span.end);
    const advice = help === undefined ? '' : ` | ${help}`;
    return `${line}:${column} ${code} «${marked}» ${message}${advice}`;
  });
}

/** Returns each diagnostic as `line:column code`. */
export function codes(text: string): readonly string[] {
  return errors(text).map((error) => error.split(' ').slice(0, 2).join(' '));
}

/** Returns a tree without its spans. */
export function bare(program: Program): unknown {
  return JSON.parse(JSON.stringify(program, (key, value) => (key === 'span' ? undefined : value)));
}

/** Returns an expression as an S-expression, with brackets for each node of the tree. */
export function showExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return expr.text;
    case 'string':
      return `"${expr.text}"`;
    case 'name':
      return expr.name;
    case 'call':
      return `(call ${[expr.callee.name, ...expr.args.map(showExpr)].join(' ')})`;
    case 'vector':
      return `[${expr.elements.map(showExpr).join(' ')}]`;
    case 'logic':
      return `(${[expr.first, ...expr.rest].map(showExpr).join(` ${expr.op} `)})`;
    case 'not':
      return `(not ${showExpr(expr.operand)})`;
    case 'comparison':
      return `(${showExpr(expr.left)} ${expr.op} ${showExpr(expr.right)})`;
    case 'sum':
    case 'product': {
      const rest = expr.rest.map(({ op, operand }) => `${op} ${showExpr(operand)}`);
      return `(${[showExpr(expr.first), ...rest].join(' ')})`;
    }
    case 'negate':
      return `(neg ${showExpr(expr.operand)})`;
    case 'power':
      return `(pow ${showExpr(expr.base)} ${showExpr(expr.exponent)})`;
    case 'index':
      return `(at ${showExpr(expr.base)} ${expr.indices.map(showIndex).join(' ')})`;
    case 'transpose':
      return `(T ${showExpr(expr.base)})`;
    case 'group':
      return `(group ${showExpr(expr.inner)})`;
  }
}

function showIndex(part: IndexPart): string {
  if (part.kind === 'at') return showExpr(part.at);
  const step = part.step ? `..${showExpr(part.step)}` : '';
  return `${part.from ? showExpr(part.from) : ''}..${part.to ? showExpr(part.to) : ''}${step}`;
}

const showRange = (range: Range | undefined): string =>
  range ? ` within ${showExpr(range.low)} ${showExpr(range.high)}` : '';

const showBlock = (stmts: readonly Stmt[]): string => `{${stmts.map(showItem).join(' ')}}`;

/** Returns an item as an S-expression. */
export function showItem(item: Item): string {
  switch (item.kind) {
    case 'include':
      return `(include "${item.path.text}")`;
    case 'scheme': {
      const options = item.options.map(({ name, value }) => ` ${name.name}=${value.text}`);
      return `(scheme ${item.name.name}${options.join('')})`;
    }
    case 'input': {
      const { name, secrecy, shape, within } = item;
      const extents = shape.map(showExpr).join(' ');
      return `(input ${name.name} ${secrecy} [${extents}]${showRange(within)})`;
    }
    case 'fn': {
      const params = item.params.map(({ name }) => name).join(' ');
      const body = [...item.body.map(showItem), showExpr(item.result)].join(' ');
      return `(fn ${item.name.name} (${params}) ${body})`;
    }
    case 'for': {
      const { index, from, to, body } = item;
      const head = `${index.name} ${showExpr(from)} ${showExpr(to)}`;
      return `(${['for', head, ...body.map(showItem)].join(' ')})`;
    }
    case 'output':
      return `(output ${item.name.name}${item.value ? ` ${showExpr(item.value)}` : ''})`;
    case 'param':
    case 'const':
      return `(${item.kind} ${item.name.name} ${showExpr(item.value)})`;
    case 'let':
    case 'var':
      return `(${item.kind} ${item.name.name} ${showExpr(item.value)}${showRange(item.within)})`;
    case 'unpack': {
      const names = item.names.map(({ name }) => name).join(' ');
      return `(let [${names}] ${showExpr(item.value)}${showRange(item.within)})`;
    }
    case 'assign': {
      const { name, indices, op = '', value, within } = item;
      const part = indices.length > 0 ? `[${indices.map(showIndex).join(' ')}]` : '';
      const head = `assign${op} ${name.name}${part}`;
      return `(${head} ${showExpr(value)}${showRange(within)})`;
    }
    case 'if': {
      const branches = item.branches.map(
        ({ condition, body }) => `${showExpr(condition)} ${showBlock(body)}`,
      );
      const otherwise = item.otherwise ? ` else ${showBlock(item.otherwise)}` : '';
      return `(if ${branches.join(' ')}${otherwise})`;
    }
  }
}

export const showProgram = (text: string): readonly string[] =>
  parseText(text).program.items.map(showItem);

const ebnf = parseEbnf(readFileSync(new URL('../../grammar/circ.ebnf', import.meta.url), 'utf8'));

const words: Readonly<Record<string, readonly string[]>> = {
  number: ['0', '1', '64', '0.5', '2e-3', '1.25E10', '123456789'],
  string: ['"w.npy"', '""', '"a // b /* c"', '"é…"'],
  ident: ['x', 'w0', 'T', '_', 'inn', 'fnord', 'a_rather_long_name_of_a_variable', 'e1'],
};

/**
 * The heights of rules: how many rules deep their shortest sentence is. Choices of small height
 * come first, so that the recursion ends where the tape ends.
 */
const heights = new Map<string, number>();
const heightOf = (node: Ebnf): number => {
  switch (node.kind) {
    case 'terminal':
    case 'special':
      return 0;
    case 'rule':
      return node.name in words ? 0 : (heights.get(node.name) ?? Number.POSITIVE_INFINITY);
    case 'sequence':
      return Math.max(...node.parts.map(heightOf));
    case 'choice':
      return Math.min(...node.alternatives.map(heightOf));
    default:
      return 0;
  }
};
for (const _ of ebnf) for (const [name, body] of ebnf) heights.set(name, 1 + heightOf(body));

/** Derives the tokens of a sentence of the EBNF. The numbers on the tape make the choices. */
export function deriveTokens(tape: readonly number[]): readonly string[] {
  let at = 0;
  const decide = (options: number): number => (tape[at++] ?? 0) % options;
  const derive = (node: Ebnf): readonly string[] => {
    switch (node.kind) {
      case 'terminal':
      case 'special':
        return [node.text];
      case 'rule': {
        const choices = words[node.name];
        return choices
          ? [defined(choices[decide(choices.length)])]
          : derive(defined(ebnf.get(node.name)));
      }
      case 'sequence':
        return node.parts.flatMap(derive);
      case 'choice': {
        const sorted = node.alternatives.toSorted((a, b) => heightOf(a) - heightOf(b));
        return derive(defined(sorted[decide(sorted.length)]));
      }
      case 'optional':
        return decide(2) === 1 ? derive(node.body) : [];
      case 'repeat': {
        const found: string[] = [];
        while (decide(5) > 2) found.push(...derive(node.body));
        return found;
      }
    }
  };
  const items: string[] = [];
  while (at < tape.length) items.push(...derive({ kind: 'rule', name: 'item' }));
  return items;
}

const gaps = ['', ' ', '\n', '\n\n\n', '\t', ' // note\n', ' /* why */ ', '\n// own line\n'];
const rareGaps = [
  '\r\n',
  '\n/* two\n   lines */\n',
  ' /* a */ /* b */',
  '\n\n  // far\n\n\n',
  '  //\n',
];

/** Joins tokens with blanks and comments, which the numbers on the tape choose. */
export function joinTokens(tokens: readonly string[], tape: readonly number[]): string {
  const all = [...gaps, ...gaps, ...rareGaps];
  let text = '';
  tokens.forEach((token, i) => {
    const gap = defined(all[(tape[i] ?? 1) % all.length]);
    const fuses = gap === '' && /\w$/.test(text) && /^\w/.test(token);
    text += (fuses ? ' ' : gap) + token;
  });
  return text + defined(all[(tape[tokens.length] ?? 2) % all.length]);
}
