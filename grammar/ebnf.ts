import { defined } from '../src/lookup.ts';

/** An expression of ISO 14977 EBNF, limited to the operators that `circ.ebnf` uses. */
export type Ebnf =
  | { readonly kind: 'terminal'; readonly text: string }
  | { readonly kind: 'rule'; readonly name: string }
  /** A description in words. */
  | { readonly kind: 'special'; readonly text: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Ebnf[] }
  | { readonly kind: 'choice'; readonly alternatives: readonly Ebnf[] }
  | { readonly kind: 'optional'; readonly body: Ebnf }
  | { readonly kind: 'repeat'; readonly body: Ebnf };

/** Rules by name, in the order of the file. */
export type Grammar = ReadonlyMap<string, Ebnf>;

const token = /\(\*[\s\S]*?\*\)|\s+|"[^"]+"|'[^']+'|\?[^?]+\?|[a-z]+|[=;|{}()[\]]/y;
const closerOf = { '(': ')', '[': ']', '{': '}' } as const;

/** Parses the rules of an EBNF text. Throws an Error if it is malformed. */
export function parseEbnf(text: string): Grammar {
  const tokens = tokenize(text);
  const grammar = new Map<string, Ebnf>();
  let at = 0;

  const expect = (expected: string): void => {
    if (tokens[at++] !== expected) throw new Error(`EBNF: expected ${expected} at token ${at}`);
  };
  const choice = (): Ebnf => {
    const alternatives = [sequence()];
    while (tokens[at] === '|') {
      at++;
      alternatives.push(sequence());
    }
    return alternatives.length === 1 ? defined(alternatives[0]) : { kind: 'choice', alternatives };
  };
  const sequence = (): Ebnf => {
    const parts: Ebnf[] = [];
    while (at < tokens.length && /^["'?a-z([{]/.test(defined(tokens[at]))) parts.push(primary());
    if (parts.length === 0) throw new Error(`EBNF: expected an expression at token ${at}`);
    return parts.length === 1 ? defined(parts[0]) : { kind: 'sequence', parts };
  };
  const primary = (): Ebnf => {
    const word = defined(tokens[at++]);
    if (/^["']/.test(word)) return { kind: 'terminal', text: word.slice(1, -1) };
    if (word.startsWith('?')) return { kind: 'special', text: word.slice(1, -1).trim() };
    if (!(word in closerOf)) return { kind: 'rule', name: word };
    const body = choice();
    expect(closerOf[word as keyof typeof closerOf]);
    if (word === '(') return body;
    return { kind: word === '[' ? 'optional' : 'repeat', body };
  };

  while (at < tokens.length) {
    const name = defined(tokens[at++]);
    if (grammar.has(name)) throw new Error(`EBNF: ${name} is defined twice`);
    expect('=');
    grammar.set(name, choice());
    expect(';');
  }
  return grammar;
}

function tokenize(text: string): readonly string[] {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const [found] = token.exec(text) ?? [];
    if (found === undefined) throw new Error(`EBNF: stray ${text[at]} at ${at}`);
    if (!/^(?:\s|\(\*)/.test(found)) tokens.push(found);
  }
  return tokens;
}
