import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { at } from '../../src/lookup.ts';
import type { AttackKind } from './attack.ts';
import { BUDGET } from './bounds.ts';
import { attempt } from './command.ts';
import { mutateText } from './mutations.ts';
import type { Random } from './random.ts';

const CIRCUITS = fileURLToPath(new URL('../../circuits/', import.meta.url));

/** The circuits of the repository, the smallest first. */
const SOURCES = readdirSync(CIRCUITS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.circ'))
  .map((file) => readFileSync(join(CIRCUITS, file), 'utf8'))
  .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));

/** Pieces of programs. */
const WORDS = [
  ...['+', '-', '*', '/', '@', '^', '(', ')', '[', ']', '{', '}', ',', ';', '..', '=', ':', '.T'],
  ...['sum(', 'rotate(', 'dot(', 'concat(', 'poly(x, [', 'outer(', 'for i in 0..3 {', 'fn f(a) = '],
  ...['cipher', 'plain', 'output', 'let', 'var', 'param', 'within [0, 1]', '[3, 2, 2]', '//', '/*'],
  ...['scheme bgv(t = 257);', 'scheme bfv(t = 2);', 'input q: plain[0];', 'x', 'n', 'if', 'while'],
];

/** What is done with a text that `check` accepts. `explore` compiles too often to be here. */
function linesFor(file: string, random: Random): readonly (readonly string[])[] {
  const budget = ['--budget', `${BUDGET}`];
  const level = `-O${random.pick([0, 1, 2, 2, 2, 3])}`;
  const compiling = [level, ...budget, ...random.pick([[], [], ['--client', 'precompute']])];
  return [
    random.pick([
      ['compile', file, ...compiling],
      ['compile', file, ...compiling, '--verify'],
      ['report', file, ...compiling, '--packing'],
      ['explain', file, ...compiling],
      ['compile', file, '-O1', '--emit', 'dot', ...budget],
      ['fmt', file],
    ]),
  ];
}

/** Texts that are almost circuits: each is checked, and compiled if it is accepted. */
export const circuits: AttackKind = {
  name: 'circuits',
  share: 1,
  make: async (random, directory) => {
    const bytes = random.oneIn(20)
      ? Buffer.from(Array.from({ length: random.size(400) }, () => random.below(256)))
      : Buffer.from(mutateText(someSource(random), someSource(random), WORDS, random));
    const file = join(directory, 'fuzz.circ');
    const lines = linesFor(file, random);
    const run = async () => {
      writeFileSync(file, bytes);
      const checked = await attempt(['check', file], bytes);
      const accepted = checked.status === 0;
      const complaints = [...checked.complaints];
      for (const line of accepted ? lines : [['fmt', file]])
        complaints.push(...(await attempt(line, bytes)).complaints);
      return { accepted, complaints };
    };
    return { files: new Map([['fuzz.circ', bytes]]), run };
  },
};

function someSource(random: Random): string {
  return at(SOURCES, random.size(SOURCES.length) % SOURCES.length);
}
