import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { simulate } from '../../src/backends/simulator.ts';
import { readInputFile, readInputs, requireAllInputs } from '../../src/data/inputs.ts';
import { parseJson } from '../../src/data/json-file.ts';
import { readVectors } from '../../src/data/test-vectors.ts';
import { hasCode, ShoalError } from '../../src/errors/shoal-error.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { readPlan } from '../../src/plan-files/read-plan.ts';
import { inParts, planOf } from '../backends/plans.ts';
import { quartic, shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());

const inputs = [
  { name: 'x', shape: [] },
  { name: 'v', shape: [3] },
  { name: 'M', shape: [2, 2] },
];

/** Runs a reader, which may return or throw a ShoalError, and nothing else. */
function refusedOr(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
    expect(error.message).not.toMatch(/undefined|\[object/);
  }
}

describe('data', () => {
  const near = fc.oneof(
    fc.double({ noNaN: true }),
    fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 4 }),
    fc.array(fc.array(fc.integer(), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
    fc.jsonValue(),
  );
  const object = fc.dictionary(fc.constantFrom('x', 'v', 'M', 'w', '__proto__', 'length'), near);

  test('any JSON as inputs', () => {
    fc.assert(
      fc.property(fc.oneof(object, fc.jsonValue()), (value) => {
        refusedOr(() => {
          const json = parseJson({ file: 'in.json', text: JSON.stringify(value) });
          const read = readInputs(json, [], inputs);
          requireAllInputs(read, inputs, { file: '' });
          for (const { data } of read.values()) expect(data.every(Number.isFinite)).toBe(true);
        });
      }),
      { numRuns: 2000 },
    );
  });

  test('any JSON as vectors', () => {
    const vectors = fc.record(
      {
        tolerance: fc.oneof(fc.double(), fc.jsonValue()),
        vectors: fc.oneof(
          fc.array(fc.record({ inputs: object, expect: object }, { requiredKeys: [] })),
          fc.jsonValue(),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(vectors, (value) => {
        refusedOr(() => {
          const json = parseJson({ file: 'tv.json', text: JSON.stringify(value) });
          readVectors(json, inputs, inputs);
        });
      }),
      { numRuns: 2000 },
    );
  });

  test('any text and bytes', () => {
    const slot = { name: 'v', shape: [3] };
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.nat(), (text, at) => {
        refusedOr(() => void parseJson({ file: 'a.json', text: text.slice(0, at % 50) }));
        refusedOr(() => void readInputFile('a.csv', Buffer.from(text), slot));
        refusedOr(
          () => void readInputFile('a.npy', Buffer.from(`\x93NUMPY\x01${text}`, 'latin1'), slot),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

describe('plans', async () => {
  const texts = await Promise.all(
    [
      quartic,
      'input v: cipher[5] within [-1, 1];\ninput p: plain[5] within [1, 2];\noutput y = sum(v / p)^2 * v;\noutput z = 3 * v;\n',
      'scheme bfv(t = 65537);\ninput v: cipher[4];\ninput p: plain[4];\noutput y = rotate(v*v, 1)*p + 3;\n',
      'scheme bgv(t = 1000);\ninput v: cipher[2];\noutput y = v*v - 2*v;\n',
    ].map(async (text, i) => {
      const outcome = await shoalHere(['compile', space.file(`${i}.circ`, text)]);
      return outcome.stdout;
    }),
  );
  const plans = [...texts.map((text) => JSON.parse(text) as Plan), planOf(inParts())];

  /** Returns the paths of all values inside a JSON value. */
  function pathsIn(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
    if (typeof value !== 'object' || value === null) return [[...path]];
    const inner = Object.entries(value).flatMap(([key, part]) =>
      pathsIn(part, [...path, Array.isArray(value) ? Number(key) : key]),
    );
    return [[...path], ...inner];
  }

  function changed(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
    const [key, ...rest] = path;
    if (key === undefined) return by;
    const copy = structuredClone(value) as Record<string | number, unknown>;
    if (by === undefined && rest.length === 0) {
      if (Array.isArray(copy)) copy.splice(key as number, 1);
      else delete copy[key];
    } else copy[key] = changed(copy[key], rest, by);
    return copy;
  }

  const replacement = fc.oneof(
    fc.constantFrom(
      undefined,
      null,
      -1,
      0,
      1,
      2,
      3,
      7,
      0.5,
      1e9,
      2 ** 31,
      2 ** 53,
      1e300,
      '',
      'x',
      'v',
      [],
      {},
    ),
    fc.constantFrom(
      'mul',
      'add',
      'rotate',
      'lower',
      'adjust',
      'const',
      'upload',
      'one',
      'level',
      true,
      false,
    ),
    fc.integer({ min: -5, max: 40 }),
    fc.array(fc.integer({ min: -2, max: 9 }), { maxLength: 3 }),
  );
  const mutation = fc.tuple(
    fc.nat(),
    fc.array(fc.tuple(fc.nat(), replacement), { minLength: 1, maxLength: 2 }),
  );

  test('a mutated plan is refused, or can be evaluated', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(mutation, async ([which, changes]) => {
        let value: unknown = plans[which % plans.length];
        for (const [at, by] of changes) {
          const all = pathsIn(value);
          value = changed(value, all[at % all.length] ?? [], by);
        }
        let plan: Plan | undefined;
        refusedOr(() => {
          plan = readPlan({ file: 'p.json', text: JSON.stringify(value) ?? 'null' });
        });
        if (!plan) return;
        taken++;
        const given = new Map(
          plan.inputs.map(({ name, shape, range }) => {
            const size = shape.reduce((product, n) => product * n, 1);
            return [name, new Float64Array(size).fill(range[1])];
          }),
        );
        await simulate(plan, [{ inputs: given }]).catch((error) => {
          if (!hasCode(error, 'division-by-zero')) throw error;
        });
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  test('contradictions in a plan are reported with their location', () => {
    const [plan, other] = plans as [Plan, Plan];
    const constant = plan.ops.findIndex(({ op }) => op === 'const');
    const cases: readonly (readonly [unknown, string])[] = [
      [changed(plan, ['version'], 2), 'plans of version 2 are not supported'],
      [changed(plan, ['format'], 'x'), 'neither a circuit nor a plan'],
      [changed(plan, ['slots'], 3), 'slots: not a power of two'],
      [changed(plan, ['slots'], 8192), 'a vector has at most 4096 slots'],
      [
        changed(plan, ['ops', 1, 'args'], [0, 7]),
        'ops[1]: (mul): an operand is not an earlier value',
      ],
      [changed(plan, ['ops', 1, 'op'], 'div'), 'ops[1]: unknown operation'],
      [changed(plan, ['ops', 1, 'extra'], 1), 'ops[1]: Unrecognized key: "extra"'],
      [changed(plan, ['ops', 0, 'level'], 3), 'the highest level is 2'],
      [changed(plan, ['ops', 0, 'input'], 'z'), "there is no input 'z'"],
      [changed(plan, ['ops', 0, 'map', 'from'], 1), 'it reaches outside the data'],
      [changed(plan, ['ops', constant, 'data'], 1e40), 'a number is too large for its level'],
      [
        changed(plan, ['params', 'polyModulusDegree'], 4096),
        'are not 128-bit secure at degree 4096',
      ],
      [changed(plan, ['params', 'coeffModulus', 1], '1099511480322'), 'is not 1 modulo 16384'],
      [changed(plan, ['params', 'scales', 1], 1e12), 'the scale does not follow from its prime'],
      [changed(other, ['batchable'], true), 'a plan that rotates is not batchable'],
    ];
    for (const [value, message] of cases) {
      const read = () => readPlan({ file: 'p.json', text: JSON.stringify(value) });
      expect(read).toThrow(ShoalError);
      expect(read).toThrow(message);
    }
  });
});
