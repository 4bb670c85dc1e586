import { readFileSync } from 'node:fs';
import type { ISerializedGast } from 'chevrotain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ebnf, parseEbnf } from '../../grammar/ebnf.ts';
import { railroadPage } from '../../grammar/railroad.ts';
import { defined } from '../../src/lookup.ts';
import { CircuitParser } from '../../src/syntax/parser.ts';
import {
  GRAMMAR_TYPES,
  IdentToken,
  keywords,
  NumberToken,
  StringToken,
  tokenize,
} from '../../src/syntax/tokens.ts';

const read = (name: string) =>
  readFileSync(new URL(`../../grammar/${name}`, import.meta.url), 'utf8');
const ebnf = parseEbnf(read('circ.ebnf'));
const lexical = ['number', 'string', 'ident', 'character', 'digits', 'digit', 'letter'];
const lexicalRuleOf = new Map([
  [NumberToken, 'number'],
  [StringToken, 'string'],
  [IdentToken, 'ident'],
]);

/** Every chevrotain parser has a property `input`, so the rule has another name in the parser. */
const ruleName = (name: string) => (name === 'inputItem' ? 'input' : name);

const terminalOf = new Map<string, Ebnf>(
  GRAMMAR_TYPES.map((type) => [
    type.name,
    typeof type.PATTERN === 'string'
      ? { kind: 'terminal', text: type.PATTERN }
      : { kind: 'rule', name: defined(lexicalRuleOf.get(type)) },
  ]),
);

/** A common structure for both notations: flat sequences and choices, no sequence of one. */
function sequence(parts: readonly Ebnf[]): Ebnf {
  const flat = parts
    .map(normal)
    .flatMap((part) => (part.kind === 'sequence' ? part.parts : [part]));
  return flat.length === 1 ? defined(flat[0]) : { kind: 'sequence', parts: flat };
}

function normal(node: Ebnf): Ebnf {
  switch (node.kind) {
    case 'sequence':
      return sequence(node.parts);
    case 'choice': {
      const flat = node.alternatives
        .map(normal)
        .flatMap((part) => (part.kind === 'choice' ? part.alternatives : [part]));
      return { kind: 'choice', alternatives: flat };
    }
    case 'optional':
    case 'repeat':
      return { kind: node.kind, body: normal(node.body) };
    default:
      return node;
  }
}

type Gast = ISerializedGast & {
  name: string;
  definition: Gast[];
  separator?: { name: string };
};

function fromParser(gast: Gast): Ebnf {
  const body = (): Ebnf => ({ kind: 'sequence', parts: gast.definition.map(fromParser) });
  const separated = (): Ebnf => {
    const separator = defined(terminalOf.get(defined(gast.separator).name));
    const more: Ebnf = { kind: 'repeat', body: { kind: 'sequence', parts: [separator, body()] } };
    return { kind: 'sequence', parts: [body(), more] };
  };
  switch (gast.type as string) {
    case 'Terminal':
      return defined(terminalOf.get(gast.name));
    case 'NonTerminal':
      return { kind: 'rule', name: ruleName(gast.name) };
    case 'Alternation':
      return { kind: 'choice', alternatives: gast.definition.map(fromParser) };
    case 'Option':
      return { kind: 'optional', body: body() };
    case 'Repetition':
      return { kind: 'repeat', body: body() };
    case 'RepetitionWithSeparator':
      return { kind: 'optional', body: separated() };
    case 'RepetitionMandatoryWithSeparator':
      return separated();
    case 'Rule':
    case 'Alternative':
      return body();
    default:
      throw new Error(`no EBNF for ${gast.type}`);
  }
}

const parserRules = new Map(
  (new CircuitParser().getSerializedGastProductions() as Gast[]).map((rule) => [
    ruleName(rule.name),
    normal(fromParser(rule)),
  ]),
);

describe('the EBNF and the parser', () => {
  it('have the same rules', () => {
    const syntactic = [...ebnf.keys()].filter((name) => !lexical.includes(name));
    expect([...parserRules.keys()].sort()).toEqual(syntactic.sort());
  });

  it.each([...parserRules.keys()])('agree on %s', (name) => {
    expect(parserRules.get(name)).toEqual(normal(defined(ebnf.get(name))));
  });

  it('have the same terminals', () => {
    const terminals = new Set<string>();
    const visit = (node: Ebnf): void => {
      if (node.kind === 'terminal') terminals.add(node.text);
      else if (node.kind === 'sequence') node.parts.forEach(visit);
      else if (node.kind === 'choice') node.alternatives.forEach(visit);
      else if (node.kind !== 'rule' && node.kind !== 'special') visit(node.body);
    };
    for (const [name, body] of ebnf) if (!lexical.includes(name)) visit(body);
    const fixed = GRAMMAR_TYPES.map((type) => type.PATTERN).filter((p) => typeof p === 'string');
    expect([...terminals].sort()).toEqual([...fixed].sort());
    expect([...terminals].filter((text) => /^[a-z]+$/.test(text)).sort()).toEqual(
      [...keywords].sort(),
    );
  });

  it('mention every rule they define', () => {
    const text = read('circ.ebnf');
    for (const name of ebnf.keys()) {
      if (name === 'program') continue;
      expect(defined(text.match(new RegExp(`\\b${name}\\b`, 'g'))).length, name).toBeGreaterThan(1);
    }
  });
});

/** Returns a regular expression for a lexical rule of the EBNF. */
function toRegExp(node: Ebnf): string {
  switch (node.kind) {
    case 'terminal':
      return node.text.replace(/[^\w]/g, '\\$&');
    case 'special':
      return '[^"\\r\\n]';
    case 'rule':
      return toRegExp(defined(ebnf.get(node.name)));
    case 'sequence':
      return node.parts.map(toRegExp).join('');
    case 'choice':
      return `(?:${node.alternatives.map(toRegExp).join('|')})`;
    case 'optional':
      return `(?:${toRegExp(node.body)})?`;
    case 'repeat':
      return `(?:${toRegExp(node.body)})*`;
  }
}

describe('numbers, strings and names', () => {
  const lexes = (text: string, type: unknown) => {
    const { tokens } = tokenize(text);
    return (
      tokens.length === 1 &&
      defined(tokens[0]).tokenType === type &&
      defined(tokens[0]).image === text
    );
  };
  const number = new RegExp(`^${toRegExp(defined(ebnf.get('number')))}$`);
  const ident = new RegExp(`^${toRegExp(defined(ebnf.get('ident')))}$`);

  it('lex as numbers exactly if the EBNF derives them', () => {
    const nearNumbers = fc.string({
      unit: fc.constantFrom(...'0123456789..eE+-x_'),
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(nearNumbers, (text) => {
        expect(lexes(text, NumberToken)).toBe(number.test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('lex as strings exactly if the EBNF derives them', () => {
    const nearStrings = fc.string({ unit: fc.constantFrom(...'""a.\r\n/*é\\'), maxLength: 6 });
    const string = new RegExp(`^${toRegExp(defined(ebnf.get('string')))}$`);
    fc.assert(
      fc.property(nearStrings, (text) => {
        expect(lexes(text, StringToken)).toBe(string.test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('lex as names exactly if the EBNF derives them', () => {
    const nearNames = fc.string({
      unit: fc.constantFrom(...'azAZ09_. é'),
      minLength: 1,
      maxLength: 6,
    });
    const reserved = new Set([...keywords, 'while']);
    const words = fc.oneof(nearNames, fc.constantFrom(...reserved, 'form', 'inn', 'iff', '_', 'T'));
    fc.assert(
      fc.property(words, (text) => {
        expect(lexes(text, IdentToken)).toBe(ident.test(text) && !reserved.has(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the parser', () => {
  it('is LL(1), but for `else if`: the self-analysis of chevrotain reports nothing', () => {
    expect(() => new CircuitParser({ validate: true })).not.toThrow();
  });
});

describe('railroad.html', () => {
  it('is what grammar/generate.ts writes for the EBNF', () => {
    expect(read('railroad.html')).toBe(railroadPage(ebnf, ['digit', 'letter']));
  });
});

describe('parseEbnf', () => {
  it('reads all its brackets', () => {
    expect(parseEbnf('a = { "x" | [ b ] } ( "y" | "z" ) ; (* no rule *) b = a ;')).toEqual(
      new Map<string, Ebnf>([
        [
          'a',
          {
            kind: 'sequence',
            parts: [
              {
                kind: 'repeat',
                body: {
                  kind: 'choice',
                  alternatives: [
                    { kind: 'terminal', text: 'x' },
                    { kind: 'optional', body: { kind: 'rule', name: 'b' } },
                  ],
                },
              },
              {
                kind: 'choice',
                alternatives: [
                  { kind: 'terminal', text: 'y' },
                  { kind: 'terminal', text: 'z' },
                ],
              },
            ],
          },
        ],
        ['b', { kind: 'rule', name: 'a' }],
      ]),
    );
  });

  it('reads terminals in single quotes, and descriptions', () => {
    expect(parseEbnf(`a = '"' ? any character ? ;`)).toEqual(
      new Map<string, Ebnf>([
        [
          'a',
          {
            kind: 'sequence',
            parts: [
              { kind: 'terminal', text: '"' },
              { kind: 'special', text: 'any character' },
            ],
          },
        ],
      ]),
    );
  });

  it.each([
    ['a = ;', 'expected an expression'],
    ['a = "x"', 'expected ;'],
    ['a = ( b ;', 'expected )'],
    ['a = b ; a = c ;', 'defined twice'],
    ['a = 1 ;', 'stray 1'],
  ])('refuses %s', (text, message) => {
    expect(() => parseEbnf(text)).toThrow(message);
  });
});
