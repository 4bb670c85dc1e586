import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cutPoints, cutProgram } from '../../src/build/cut-program.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { readPlan } from '../../src/plan-files/read-plan.ts';
import { checked } from '../check/support.ts';
import { planFor } from '../client-server/support.ts';
import { type Changed, reading } from './reading.ts';

const real = planFor('input x: cipher within [-1, 1];\noutput y = x*x;\n');
const integers = planFor('scheme bgv(t = 257);\ninput x: cipher;\noutput y = x*x;\n');
/** The client computes a product that it uploads. */
const product = planFor(
  'input x: cipher[2] within [-1, 1];\noutput y = sum(x * x)^2;\noutput z = dot(x, x);\n',
  { client: 'precompute' },
);
const PLANS = { ckks: real, bgv: integers, 'ckks with products of the client': product };
const staged = readFileSync(new URL('./old/recurrence.json', import.meta.url), 'utf8');

test.each(Object.entries(PLANS))('a plan without outputs is refused: %s', (_, plan) => {
  const refused = reading(plan, (changed) => {
    changed.outputs = [];
  });
  expect(refused).toBe('not a valid plan: outputs: there is no output');
});

describe('names', () => {
  const line = 'the name does not fit one line: at most 100 printable characters';
  const renamed = (plan: Changed, name: string) => {
    plan.inputs[0].name = name;
    for (const op of [...plan.ops, ...(plan.precomputed?.ops ?? [])])
      if (op.input === 'x') op.input = name;
  };
  /** Each kind of name: where it is, and how it is set. */
  const places: readonly (readonly [string, object, (plan: Changed, name: string) => void])[] = [
    ['circuit', real, (plan, name) => void Object.assign(plan, { circuit: name })],
    ['circuit', integers, (plan, name) => void Object.assign(plan, { circuit: name })],
    ['inputs[0].name', real, renamed],
    ['outputs[0].name', integers, (plan, name) => void Object.assign(plan.outputs[0], { name })],
    [
      'precomputed.values[0].name',
      product,
      (plan, name) => {
        const { name: old } = plan.precomputed.values[0];
        plan.precomputed.values[0].name = name;
        for (const op of plan.ops) if (op.input === old) op.input = name;
      },
    ],
    ['circuit', JSON.parse(staged), (plan, name) => void Object.assign(plan, { circuit: name })],
    [
      'stages[1].until',
      JSON.parse(staged),
      (plan, name) => void Object.assign(plan.stages[1], { until: name }),
    ],
  ];

  test.each(places)('%s must fit one line', (place, plan, set) => {
    expect(reading(plan, (changed) => set(changed, 'n'.repeat(100)))).toBe('accepted');
    for (const name of ['n'.repeat(101), 'a\nb', 'a\x1b[2Jb', 'a\u202eb', 'a\u2028b', 'a\ud800'])
      expect(reading(plan, (changed) => set(changed, name))).toBe(
        `not a valid plan: ${place}: ${line}`,
      );
  });

  test('of inputs and outputs are those of the language', () => {
    for (const name of ['é', 'х', 'a b', '1', ''])
      expect(reading(real, (changed) => renamed(changed, name))).toBe(
        'not a valid plan: inputs[0].name: the name is not an identifier',
      );
  });

  test('that nothing has are shown in messages as printable characters', () => {
    const unknown = reading(real, (plan) => {
      plan.ops[0].input = `\x1b[2J${'n'.repeat(200)}`;
    });
    expect(unknown).toBe(
      `not a valid plan: ops[0].input: there is no input '\ufffd[2J${'n'.repeat(96)}'`,
    );
    const field = reading(real, (plan) => {
      plan['\x1b[2J'] = 1;
    });
    expect(field).toContain('\ufffd[2J');
    expect(field).not.toContain('\x1b');
  });

  test.each([
    ['a name of 300 characters', `${'n'.repeat(295)}.circ`, 'n'.repeat(100)],
    ['a new line and a control character', 'a\nb\x1b.circ', 'a\ufffdb\ufffd.circ'],
    ['a pair of surrogates at the end of the line', `${'n'.repeat(99)}😀`, 'n'.repeat(99)],
  ])('of a circuit file with %s are shortened by the compiler', (_, file, name) => {
    const source = { file: `/somewhere/${file}`, text: 'input x: cipher;\noutput y = x;\n' };
    const plan = planFor(source.text, {}, 8, source.file);
    expect(plan.circuit).toBe(name);
    expect(readPlan({ file: 'p.json', text: planToText(plan) })).toEqual(plan);
  });

  test('of carried values fit one line, whatever names the program has', () => {
    const name = 'w'.repeat(80);
    const long = 'w'.repeat(78);
    const text = `input x: cipher;
let ${long}_1 = 2;
var ${name} = x;
var ${long} = x;
for t in 0..3 { ${name} = ${name} * x; ${long} = ${long} * x; }
output y = ${name} + ${long} * ${long}_1;
`;
    const program = checked(text);
    const cuts = cutPoints(program).map((_, i) => i);
    const carried = cutProgram(program, cuts).flatMap((part) => [...part.carried]);
    expect(carried).toContain(`${name}_${cuts.length}`);
    expect(Math.max(...carried.map(({ length }) => length))).toBeLessThanOrEqual(100);
  });
});

describe('primes', () => {
  const forms: readonly ((prime: string) => string)[] = [
    (prime) => `0${prime}`,
    (prime) => `+${prime}`,
    (prime) => ` ${prime}`,
    (prime) => `${prime} `,
    (prime) => `${prime}\n`,
    (prime) => `${prime}.0`,
    (prime) => `${prime}e0`,
    (prime) => `0x${BigInt(prime).toString(16)}`,
    (prime) => `${prime.slice(0, -1)}${String.fromCodePoint(0x660 + Number(prime.at(-1)))}`,
    (prime) => `-${prime}`,
    () => '0',
    () => '',
  ];

  test.each(Object.entries(PLANS))('have one form, without leading zeros: %s', (_, plan) => {
    const { coeffModulus } = plan.params;
    expect(reading(plan, () => {})).toBe('accepted');
    coeffModulus.forEach((prime, at) => {
      for (const form of forms) {
        const refused = reading(plan, (changed) => {
          changed.params.coeffModulus[at] = form(prime);
        });
        expect([form(prime), refused]).toEqual([
          form(prime),
          expect.stringContaining(`not a valid plan: params.coeffModulus[${at}]: `),
        ]);
      }
    });
  });
});
