import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import oniguruma from 'vscode-oniguruma';
import textmate, { type IGrammar } from 'vscode-textmate';
import { defined } from '../../src/lookup.ts';
import { keywords } from '../../src/syntax/tokens.ts';

const json = readFileSync(new URL('../../grammar/circ.tmLanguage.json', import.meta.url), 'utf8');
const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
let grammar: IGrammar;

beforeAll(async () => {
  await oniguruma.loadWASM(readFileSync(wasm));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(json, 'circ.json'),
  });
  grammar = defined(await registry.loadGrammar('source.circ'));
});

/** Returns each word of a text with its scope, without the final `.circ`. */
function scopes(text: string): readonly string[] {
  let state = textmate.INITIAL;
  return text.split('\n').flatMap((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    return tokens
      .map((token) => ({
        word: line.slice(token.startIndex, token.endIndex),
        scope: defined(token.scopes.at(-1)).replace(/\.circ$/, ''),
      }))
      .filter(({ word }) => word.trim() !== '')
      .map(({ word, scope }) => `${word} ${scope}`);
  });
}

describe('the TextMate grammar', () => {
  it('marks the keywords of the lexer, and nothing else, as keywords', () => {
    const isKeyword = (word: string) => /^\S+ (?:keyword|storage)\./.test(defined(scopes(word)[0]));
    for (const keyword of keywords) expect(isKeyword(keyword), keyword).toBe(true);
    for (const name of ['x', 'form', 'inn', 'returns', 'lets', 'T', 'sum', 'input_', '_in']) {
      expect(isKeyword(name), name).toBe(false);
    }
    const inGrammar = new Set(
      [...json.matchAll(/\\\\b\(\??:?([a-z|]+)\)/g)].flatMap(([, words]) =>
        defined(words).split('|'),
      ),
    );
    expect([...inGrammar].sort()).toEqual([...keywords].sort());
  });

  it('distinguishes definitions, calls, uses and operators', () => {
    expect(scopes('fn g(x) = a[0] + -1.5e-3 * sum(x.T)^2; // why')).toEqual([
      'fn keyword.declaration',
      'g entity.name.function',
      '( punctuation.brackets',
      'x variable.other',
      ') punctuation.brackets',
      '= keyword.operator.assignment',
      'a variable.other',
      '[ punctuation.brackets',
      '0 constant.numeric',
      '] punctuation.brackets',
      '+ keyword.operator.arithmetic',
      '- keyword.operator.arithmetic',
      '1.5e-3 constant.numeric',
      '* keyword.operator.arithmetic',
      'sum entity.name.function.call',
      '( punctuation.brackets',
      'x variable.other',
      '.T keyword.operator.transpose',
      ') punctuation.brackets',
      '^ keyword.operator.arithmetic',
      '2 constant.numeric',
      '; punctuation.terminator',
      '// why comment.line.double-slash',
    ]);
  });

  it('marks conditions, comparisons, assignments and strings', () => {
    expect(scopes('if not a <= b and c % 2 == 1 { v[0] += load("for // x"); } else')).toEqual([
      'if keyword.control',
      'not keyword.operator.logical',
      'a variable.other',
      '<= keyword.operator.comparison',
      'b variable.other',
      'and keyword.operator.logical',
      'c variable.other',
      '% keyword.operator.arithmetic',
      '2 constant.numeric',
      '== keyword.operator.comparison',
      '1 constant.numeric',
      '{ punctuation.brackets',
      'v variable.other',
      '[ punctuation.brackets',
      '0 constant.numeric',
      '] punctuation.brackets',
      '+= keyword.operator.assignment',
      'load entity.name.function.call',
      '( punctuation.brackets',
      '"for // x" string.quoted.double',
      ') punctuation.brackets',
      '; punctuation.terminator',
      '} punctuation.brackets',
      'else keyword.control',
    ]);
    expect(scopes('include "a.circ"; let [a, b] = v;').slice(0, 5)).toEqual([
      'include keyword.declaration',
      '"a.circ" string.quoted.double',
      '; punctuation.terminator',
      'let keyword.declaration',
      '[ punctuation.brackets',
    ]);
  });

  it('reads a range as two numbers', () => {
    expect(scopes('for t in 0..10 {')).toEqual([
      'for keyword.control',
      't variable.other',
      'in keyword.control',
      '0 constant.numeric',
      '.. keyword.operator.range',
      '10 constant.numeric',
      '{ punctuation.brackets',
    ]);
  });

  it('keeps block comments open across lines', () => {
    expect(scopes('/* let\nx */ let x')).toEqual([
      '/* comment.block',
      ' let comment.block',
      'x  comment.block',
      '*/ comment.block',
      'let keyword.declaration',
      'x variable.other.definition',
    ]);
  });

  it('recognizes an input', () => {
    expect(scopes('input Z: cipher[k] within [0, 1];').slice(0, 4)).toEqual([
      'input keyword.declaration',
      'Z variable.other.definition',
      ': punctuation.separator',
      'cipher storage.modifier',
    ]);
  });
});
