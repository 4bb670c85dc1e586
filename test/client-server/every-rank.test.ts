import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Instance } from '../../src/backends/evaluation.ts';
import { checkedEvaluation } from '../../src/backends/seal/checked-evaluation.ts';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { decrypt } from '../../src/client-server/decrypt-result.ts';
import { encrypt } from '../../src/client-server/encrypt-inputs.ts';
import { evaluate } from '../../src/client-server/evaluate-uploads.ts';
import { keygen } from '../../src/client-server/generate-keys.ts';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import type { OptimizationLevel } from '../../src/passes/pass-list.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { readPlan } from '../../src/plan-files/read-plan.ts';
import { errorBounds } from '../../src/report/circuit-report.ts';
import { shoalHere, workspace } from '../cli/support.ts';
import { matrixCase, TINY } from '../support/matrix-cases.ts';
import { dataOf } from '../support/reference.ts';
import { cases, eachSampled, SAMPLED, THOROUGH } from '../support/sampling.ts';

/** Plans of tensors of every rank, in every scheme: what is compiled, every command accepts. */

/**
 * Plaintext moduli: tiny and composite ones, primes without slots and with slots in some rings
 * (40961) or all rings (65537), and large ones, up to the largest.
 */
const MODULI = [2, 4, 16, 17, 257, 40_961, 65_537, 2 ** 32, 2 ** 53 - 1];

/** The schemes, and their moduli t; undefined for real numbers. */
const SCHEMES: readonly (readonly [scheme: string, t: number | undefined])[] = [
  ['ckks', undefined],
  ...MODULI.flatMap((t) => ['bfv', 'bgv'].map((name) => [`${name}(t = ${t})`, t] as const)),
];

/** Shapes of ranks 0 to 4, each with another number of elements than its last two axes have. */
const SHAPES = [[], [5], [2, 3], [2, 2, 1], [3, 1, 2], [2, 1, 2, 1]] as const;

/** Returns the plan that other commands read from the file that `compile` writes. */
function written(text: string, optimizationLevel: OptimizationLevel): Plan {
  const { plan } = compile({ file: 'rank.circ', text }, { optimizationLevel }).optimized;
  return readPlan({ file: 'rank.plan.json', text: planToText(defined(plan)) });
}

/** Evaluates a plan as client and server do, through the contents of files. */
async function throughFiles(plan: Plan, { inputs }: Instance) {
  const of = (secrecy: 'cipher' | 'plain') => ({
    inputs: new Map(
      plan.inputs
        .filter((input) => input.secrecy === secrecy)
        .map(({ name }) => [name, defined(inputs.get(name))]),
    ),
  });
  const keys = await keygen(plan);
  const upload = await encrypt(plan, keys.secret, of('cipher'));
  const result = await evaluate(plan, keys.evaluation, [upload], of('plain'));
  return defined((await decrypt(plan, keys.secret, result, { uploads: [upload] }))[0]).outputs;
}

type Outputs = ReadonlyMap<string, ArrayLike<number>>;

/** Evaluates a plan on all backends and through files. */
async function everywhere(
  plan: Plan,
  instance: Instance,
): Promise<Readonly<Record<string, Outputs>>> {
  const [plain, seal, debug] = [
    await simulate(plan, [instance]),
    await encryptedEvaluation(plan, [instance]),
    await checkedEvaluation(plan, [instance]),
  ];
  expect(debug.fault).toBeUndefined();
  return {
    plain: defined(plain.outputs[0]),
    seal: defined(seal.outputs[0]),
    debug: defined(debug.outputs[0]),
    files: await throughFiles(plan, instance),
  };
}

/** Returns an integer's representative from 0 to t - 1. */
const residue = (x: number, t: number) => (x % t < 0 ? (x % t) + t : Math.abs(x % t));

/** Expects outputs within their error bounds of the wanted ones, and equal for integers. */
function expectOutputs(plan: Plan, got: Outputs, wanted: Outputs, label: string): void {
  const bounds = errorBounds(plan);
  expect([...got.keys()].sort(), label).toEqual([...wanted.keys()].sort());
  for (const [name, data] of wanted) {
    const numbers = Array.from(defined(got.get(name)));
    if (plan.scheme === 'ckks') {
      expect(numbers, `${name}, ${label}`).toHaveLength(data.length);
      // Clear outputs have the bound 0, and the rounding of float64.
      const bound = defined(bounds[name]) + 2 ** -45;
      const errors = numbers.map((x, i) => Math.abs(x - defined(data[i])));
      expect(Math.max(...errors), `${name}, ${label}`).toBeLessThanOrEqual(bound);
    } else {
      const { plainModulus: t } = plan.params;
      const residues = Array.from(data, (x) => residue(x, t));
      expect(numbers, `${name}, ${label}`).toEqual(residues);
    }
  }
}

/** Returns row-major numbers as a literal of a shape. */
function literal([extent, ...rest]: readonly number[], data: readonly number[]): string {
  if (extent === undefined) return `${data[0]}`;
  const size = data.length / extent;
  const parts = Array.from({ length: extent }, (_, i) =>
    literal(rest, data.slice(i * size, (i + 1) * size)),
  );
  return `[${parts.join(', ')}]`;
}

describe('outputs of every secrecy and rank', () => {
  // The largest moduli need large rings, in which tensors would take minutes.
  const all = SCHEMES.flatMap(([name, t = 0]) =>
    (t > 2 ** 32 ? [[]] : SHAPES).map((shape) => [name, t, shape] as const),
  );
  // The sample has every shape three or four times, and every modulus that needs no large ring.
  const isInSample = ([scheme, t, shape]: (typeof all)[number]) =>
    t <= 2 ** 32 &&
    SHAPES.findIndex((one) => `${one}` === `${shape}`) ===
      SCHEMES.findIndex(([name]) => name === scheme) % SHAPES.length;

  eachSampled(
    all,
    isInSample,
    300_000,
  )('%s, t = %i, shape %j: every backend and the files give the same', async (name, t, shape) => {
    const size = shape.reduce<number>((n, m) => n * m, 1);
    const numbers = (of: (i: number) => number) =>
      Array.from({ length: size }, (_, i) => (t === 0 ? of(i) / 64 : of(i)));
    const [a, p, c] = [numbers((i) => 3 * i + 1), numbers((i) => 5 - 4 * i), numbers((i) => i + 2)];
    const extents = shape.length === 0 ? '' : `[${shape}]`;
    const text = `scheme ${name};
      input a: cipher${extents}; input p: plain${extents}; const c = ${literal(shape, c)};
      output square = a * a + p; output same = a; output other = a - c;
      output clear = p; output product = p * c; output constant = c;`;
    const wanted = new Map([
      ['square', a.map((x, i) => x * x + defined(p[i]))],
      ['same', a],
      ['other', a.map((x, i) => x - defined(c[i]))],
      ['clear', p],
      ['product', p.map((x, i) => x * defined(c[i]))],
      ['constant', c],
    ]);
    const plan = written(text, 2);
    const inputs = new Map([
      ['a', Float64Array.from(a)],
      ['p', Float64Array.from(p)],
    ]);
    for (const [by, got] of Object.entries(await everywhere(plan, { inputs })))
      expectOutputs(plan, got, wanted, by);
  });
});

test('tensors of rank 5 are refused by check, before there is a plan', () => {
  const text = 'scheme bgv(t = 257); input a: cipher[2, 1, 2, 1, 1]; output o = a;';
  expect(() => written(text, 2)).toThrow('tensors have at most 4 axes');
});

describe('random programs of linear algebra, all of whose values are outputs', () => {
  const seeds = fc.noShrink(fc.integer({ min: 0, max: 2 ** 32 - 1 }));

  /** Runs a property of random programs under a scheme; a failure prints the program. */
  async function forPrograms(
    runs: number,
    extent: number,
    property: (text: string, instance: Instance, wanted: Outputs) => Promise<void>,
  ): Promise<void> {
    const ofSeed = fc.asyncProperty(seeds, async (seed) => {
      const [scheme, t] = defined(SCHEMES[seed % SCHEMES.length]);
      const sizes = { ...TINY, extent, ...(t === undefined ? {} : { integers: true as const }) };
      const { text, inputs, outputs } = matrixCase(seed, sizes);
      const whole = `scheme ${scheme};\n${text}`;
      const wanted = new Map([...outputs].map(([name, tensor]) => [name, dataOf(tensor)]));
      try {
        await property(whole, { inputs }, wanted);
      } catch (error) {
        throw new Error(`seed ${seed}:\n${whole}`, { cause: error });
      }
    });
    await fc.assert(ofSeed, { numRuns: runs, endOnFailure: true });
  }

  test.each([0, 1, 2, 3] as const)(
    'give plans at -O%i that are valid files, with the right values in the clear',
    SAMPLED,
    async (level) => {
      await forPrograms(cases(60, 6), 4, async (text, instance, wanted) => {
        const plan = written(text, level);
        const { outputs } = await simulate(plan, [instance]);
        expectOutputs(plan, defined(outputs[0]), wanted, `-O${level}`);
      });
    },
  );

  test('give the right values on every backend and through files', THOROUGH, async () => {
    await forPrograms(25, 3, async (text, instance, wanted) => {
      const plan = written(text, 2);
      for (const [by, got] of Object.entries(await everywhere(plan, instance)))
        expectOutputs(plan, got, wanted, by);
    });
  });
});

describe('the commands', () => {
  const space = workspace();
  afterAll(() => space.remove());
  const run = async (...args: string[]) => {
    const { status, stdout, stderr, files } = await shoalHere([...args, '--json']);
    expect([status, stderr]).toEqual([0, '']);
    for (const { path, content } of files)
      space.file(path.slice(space.path.length + 1), defined(content));
    return JSON.parse(stdout);
  };

  test.each([
    ['an output of three axes', 'output o = a * a;', {}],
    [
      'with constants and plain values of three axes beside it',
      'input p: plain[1, 3, 2]; output o = a * a; output q = p; output k = [[[1]], [[2]]];',
      {
        q: [
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
        ],
        k: [[[1]], [[2]]],
      },
    ],
  ])('accept the plan of integers without slots: %s', async (_, body, others) => {
    const file = space.file(
      'rank.circ',
      `scheme bgv(t = 257);\ninput a: cipher[2, 2, 1];\n${body}\n`,
    );
    const ofServer =
      'q' in others
        ? {
            p: [
              [
                [1, 2],
                [3, 4],
                [5, 6],
              ],
            ],
          }
        : {};
    const a = [
      [[1], [2]],
      [[3], [20]],
    ];
    const wanted = {
      o: [
        [[1], [4]],
        [[9], [400 - 257]],
      ],
      ...others,
    };
    const [own, server, both] = [{ a }, ofServer, { a, ...ofServer }].map((data, i) =>
      space.file(`in${i}.json`, JSON.stringify(data)),
    ) as [string, string, string];
    const path = (name: string) => `${space.path}/${name}`;
    const [plan, keys, upload, result] = ['plan.json', 'keys', 'upload', 'result'].map(path) as [
      string,
      string,
      string,
      string,
    ];
    for (const command of ['check', 'report', 'explain', 'explore']) await run(command, file);
    await run('compile', file, '-o', plan);
    await run('inspect', plan);
    for (const subject of [file, plan])
      for (const backend of ['seal', 'plain', 'debug'])
        expect(
          (await run('eval', subject, '--inputs', both, '--backend', backend)).outputs,
        ).toEqual(wanted);
    await run('keygen', plan, '-o', keys, '--force');
    await run('encrypt', plan, '--keys', keys, '--inputs', own, '-o', upload, '--force');
    const data = 'q' in others ? ['--inputs', server] : [];
    const to = ['-o', result, '--force'];
    await run('eval', plan, '--keys', `${keys}/evaluation.keys`, '--in', upload, ...data, ...to);
    expect((await run('decrypt', plan, '--keys', keys, '--in', result)).outputs).toEqual(wanted);
  });
});
