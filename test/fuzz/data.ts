import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { npy } from '../cli/support.ts';
import { planFor } from '../client-server/support.ts';
import type { Attack, AttackKind } from './attack.ts';
import { attempt } from './command.ts';
import { mutateBytes, mutateJson, mutateText } from './mutations.ts';
import type { Random } from './random.ts';

const INPUTS = (within: string) => `input x: cipher${within};
input v: cipher[3]${within};
input M: plain[2, 2]${within};
output y = x * v;
output z = x + sum(M[0]);
output w = 2 * M;
`;
const PLANS = [
  planFor(INPUTS(' within [-10, 10]')),
  planFor(`scheme bgv(t = 257);\n${INPUTS('')}`),
].map(planToText);

const GIVEN = '{ "x": 0.5, "v": [1, -2, 3], "M": [[1, 2], [3, 4]] }';
const VECTORS = `{
  "tolerance": 0.01,
  "vectors": [
    { "inputs": ${GIVEN}, "expect": { "y": [0.5, -1, 1.5], "z": 3.5, "w": [[2, 4], [6, 8]] } },
    { "inputs": ${GIVEN}, "expect": { "y": [0.5, -1, 1.5] } }
  ]
}`;
const WORDS = [
  'x',
  'v',
  'M',
  'w',
  '__proto__',
  'constructor',
  'tolerance',
  'expect',
  ',',
  '\n',
  '"',
];

/** A hostile file, and the options that give it to `eval`. */
interface Given {
  readonly name: string;
  readonly bytes: string | Uint8Array;
  options(file: string, whole: string): readonly string[];
}

const FORMATS: readonly ((random: Random) => Given)[] = [
  (random) => ({
    name: 'fuzz.json',
    bytes: mutateJson(GIVEN, WORDS, random),
    options: (file) => ['-i', file],
  }),
  (random) => ({
    name: 'fuzz.vectors.json',
    bytes: mutateJson(VECTORS, WORDS, random),
    options: (file) => ['--vectors', file],
  }),
  (random) => {
    const [name, text] = random.pick([
      ['x', '0.5\n'],
      ['v', '1,-2,3\n'],
      ['v', 'a\n1\n2\n3\n'],
      ['M', '1,2\n3,4\n'],
      ['M', '"1";"2"\r\n3;4\r\n'],
    ] as const);
    return {
      name: 'fuzz.csv',
      bytes: mutateText(text, GIVEN, WORDS, random),
      options: (file, whole) => ['-i', whole, '--input', `${name}=${file}`],
    };
  },
  (random) => ({
    name: 'fuzz.npy',
    bytes: mutatedNpy(random),
    options: (file, whole) => ['-i', whole, '--input', `${random.pick(['v', 'M'])}=${file}`],
  }),
];

const TYPES = [
  ...['<f8', '>f8', '<f4', '>f4', '<f2', '|b1', '|i1', '<i2', '>i4', '<i8', '<u8', '=f8', '|O'],
  ...['<c16', '<U8', '<f16', '<M8[ns]', 'f0', '', "<f8', 'x': '"],
];
const SHAPES = [
  ...[
    '()',
    '(3,)',
    '(2, 2)',
    '(2, 2',
    '(4,)',
    '(1, 3)',
    '(0,)',
    '(0, 4294967296)',
    '(-3,)',
    '(3L,)',
  ],
  ...[
    '(9007199254740993,)',
    '(4294967296, 4294967296)',
    `(${'1, '.repeat(10_000)})`,
    '(1e3,)',
    '3',
  ],
];

/** Returns a numpy file whose header says something else than its data, or that is damaged. */
function mutatedNpy(random: Random): Uint8Array {
  const bytes = npy('<f4', random.pick([[3], [2, 2]]), [1, 2, 3, 4].slice(0, 3 + random.below(2)));
  if (random.oneIn(3)) return mutateBytes(bytes, Buffer.from(GIVEN), random);
  const version = random.oneIn(4) ? random.below(5) : 1;
  const odd = random.below(8);
  const header = bytes
    .subarray(10, 128)
    .toString('latin1')
    .replace('<f4', (type) => ((odd & 1) === 0 ? type : random.pick(TYPES)))
    .replace(/\([\d, ]*\)/, (shape) => ((odd & 2) === 0 ? shape : random.pick(SHAPES)))
    .replace('False', (order) => ((odd & 4) === 0 ? order : random.pick(['True', '0', 'None'])));
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  const claimed = random.oneIn(8) ? random.below(2 ** 31) : header.length;
  if (version === 1) length.writeUInt16LE(claimed % 2 ** 16);
  else length.writeUInt32LE(claimed);
  const data = Buffer.alloc(random.oneIn(2) ? 12 : random.size(64), bytes.subarray(128));
  const start = Buffer.from([...bytes.subarray(0, 6), version, 0]);
  return Buffer.concat([start, length, Buffer.from(header, 'latin1'), data]);
}

/** Files of inputs and of test vectors that nobody could have meant. */
export const data: AttackKind = {
  name: 'data',
  share: 1,
  make: async (random, directory): Promise<Attack> => {
    const { name, bytes, options } = random.pick(FORMATS)(random);
    const [plan, whole, file] = ['plan.json', 'whole.json', name].map((one) =>
      join(directory, one),
    ) as [string, string, string];
    const planText = random.pick(PLANS);
    const line = ['eval', plan, '--backend', 'plain', ...options(file, whole)];
    const run = async () => {
      writeFileSync(plan, planText);
      // The hostile file gives this input a second time, or replaces it.
      writeFileSync(whole, GIVEN);
      writeFileSync(file, bytes);
      const { status, complaints } = await attempt(line, bytes);
      return { accepted: status === 0, complaints };
    };
    return {
      files: new Map([
        [name, bytes],
        ['plan.json', planText],
      ]),
      run,
    };
  },
};
