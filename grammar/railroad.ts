import { isDeepStrictEqual } from 'node:util';
import railroad, { type Element } from 'railroad-diagrams';
import { defined } from '../src/lookup.ts';
import type { Ebnf, Grammar } from './ebnf.ts';

const style = `
  body { font: 16px system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }
  h2 { font: bold 16px ui-monospace, monospace; margin: 2em 0 0; }
  svg { max-width: 100%; height: auto; }
  svg path { stroke: #345; stroke-width: 2; fill: none; }
  svg text { font: 14px ui-monospace, monospace; text-anchor: middle; }
  svg rect { stroke: #345; stroke-width: 2; fill: #e8eef8; }
  svg rect[rx] { fill: #dff0d8; }`;

/** Returns an HTML page with a diagram for each rule whose name is not in `hidden`. */
export function railroadPage(grammar: Grammar, hidden: readonly string[]): string {
  const rules = [...grammar].filter(([name]) => !hidden.includes(name));
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<title>The grammar of .circ</title>',
    '<!-- Generated from circ.ebnf by grammar/generate.ts. -->',
    `<style>${style}\n</style>`,
    '<h1>The grammar of .circ</h1>',
    ...rules.map(([name, body]) => `<h2 id="${name}">${name}</h2>\n${diagramOf(name, body)}`),
    '</html>',
    '',
  ].join('\n');
}

function diagramOf(name: string, body: Ebnf): string {
  const svg = railroad.Diagram(elementOf(body)).toString().trimEnd();
  return svg.replace('\n', `\n<title>${name}</title>\n`);
}

function elementOf(ebnf: Ebnf): Element {
  switch (ebnf.kind) {
    case 'terminal':
      return railroad.Terminal(ebnf.text);
    case 'rule':
      return railroad.NonTerminal(ebnf.name);
    case 'special':
      return railroad.NonTerminal(ebnf.text);
    case 'sequence':
      return railroad.Sequence(...elementsOf(ebnf.parts));
    case 'choice':
      return railroad.Choice(0, ...ebnf.alternatives.map(elementOf));
    case 'optional':
      return railroad.Optional(elementOf(ebnf.body));
    case 'repeat':
      return railroad.ZeroOrMore(elementOf(ebnf.body));
  }
}

/**
 * Returns the elements of a sequence. `x { s x }` becomes a loop through x with s on its way back.
 */
function elementsOf(parts: readonly Ebnf[]): readonly Element[] {
  const elements: Element[] = [];
  for (let i = 0; i < parts.length; i++) {
    const length = loopLength(parts, i);
    if (length === 0) elements.push(elementOf(defined(parts[i])));
    else {
      const [separator] = bodyParts(defined(parts[i + length]));
      const items = parts.slice(i, i + length).map(elementOf);
      elements.push(railroad.OneOrMore(railroad.Sequence(...items), elementOf(defined(separator))));
      i += length;
    }
  }
  return elements;
}

/**
 * Returns how many elements from `start` on are repeated, after a separator, by the repetition that
 * follows them; 0 if none are.
 */
function loopLength(parts: readonly Ebnf[], start: number): number {
  for (let length = 1; start + length < parts.length; length++) {
    const [, ...repeated] = bodyParts(defined(parts[start + length]));
    if (
      repeated.length === length &&
      isDeepStrictEqual(repeated, parts.slice(start, start + length))
    ) {
      return length;
    }
  }
  return 0;
}

function bodyParts(ebnf: Ebnf): readonly Ebnf[] {
  return ebnf.kind === 'repeat' && ebnf.body.kind === 'sequence' ? ebnf.body.parts : [];
}
