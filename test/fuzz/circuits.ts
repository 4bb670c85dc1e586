import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from '../../src/check/check-program.ts';
import { decodeText } from '../../src/cli/read-files.ts';
import { nest } from '../../src/data/json-tensors.ts';
import { at } from '../../src/lookup.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import type { AttackKind } from './attack.ts';
import { BUDGET } from './bounds.ts';
import { attempt } from './command.ts';
import { mutateText } from './mutations.ts';
import type { Random } from './random.ts';

/** Numbers of an input that is written to a file. */
const MOST_NUMBERS = 2 ** 16;

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
function lineFor(file: string, inputs: string, random: Random): readonly string[] {
  const budget = ['--budget', `${BUDGET}`];
  const level = `-O${random.pick([0, 1, 2, 2, 2, 3])}`;
  const compiling = [level, ...budget, ...random.pick([[], [], ['--client', 'precompute']])];
  return random.pick([
    ['compile', file, ...compiling],
    ['compile', file, ...compiling, '--verify'],
    ['report', file, ...compiling, '--packing'],
    ['explain', file, ...compiling],
    ['compile', file, '-O1', '--emit', 'dot', ...budget],
    ['report', file, '-O0', '--refresh', 'client', ...budget],
    ['compile', file, ...compiling, '--unroll', `${random.size(8)}`, '--objective', 'depth'],
    ['eval', file, '-i', inputs, '-O1', '--backend', 'plain', '--compare', ...budget],
    ['verify', file, file],
    ['fmt', file],
  ]);
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
    const inputs = join(directory, 'inputs.json');
    const line = lineFor(file, inputs, random);
    const run = async () => {
      writeFileSync(file, bytes);
      const checked = await attempt(['check', file], bytes);
      const accepted = checked.status === 0;
      const complaints = [...checked.complaints];
      if (accepted && line.includes(inputs)) writeFileSync(inputs, inputsOf(decodeText(bytes)));
      const used = await attempt(accepted ? line : ['fmt', file], bytes);
      complaints.push(...used.complaints);
      return { accepted, complaints };
    };
    return { files: new Map([['fuzz.circ', bytes]]), run };
  },
};

/** Returns inputs at the ends of their ranges; none for inputs that are too large to write. */
function inputsOf(text: string): string {
  const { inputs } = check({ file: 'fuzz.circ', text });
  const isSmall = inputs.every(({ shape }) => sizeOf(shape) <= MOST_NUMBERS);
  const given = (isSmall ? inputs : []).map(({ name, shape, range = [0, 1] }) => [
    name,
    nest(new Float64Array(sizeOf(shape)).fill(range[1]), shape),
  ]);
  return JSON.stringify(Object.fromEntries(given));
}

function someSource(random: Random): string {
  return at(SOURCES, random.size(SOURCES.length) % SOURCES.length);
}
