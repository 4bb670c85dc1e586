import { describe, expect, test } from 'vitest';
import { at, defined } from '../../src/lookup.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { isPrime } from '../../src/schemes/primes.ts';
import { planFor } from '../client-server/support.ts';
import { type Changed, reading } from './reading.ts';

/** Every rule of plan files by itself: a plan that breaks only this one is refused, and says so. */

/** y = x²/p, z = 100x + 1, in a batch of 4 slots; levels 2 to 0. */
const real = planFor(
  'input x: cipher[3] within [-1, 1];\ninput p: plain[3] within [1, 2];\noutput y = x*x/p;\noutput z = 100*x + 1;\n',
);
/** A sum of rotations. */
const rotating = planFor('input x: cipher[3] within [-1, 1];\noutput y = sum(x);\n');
/** Two numbers that are gathered, modulo a prime without slots. */
const gathered = planFor(
  'scheme bgv(t = 257);\ninput x: cipher;\ninput z: cipher;\noutput y = [x*z, z + 2];\n',
);
const integers = planFor(
  'scheme bfv(t = 65537);\ninput x: cipher[3];\noutput y = 3*x;\noutput z = sum(x);\n',
);
/** The client uploads the dot product of x with itself. */
const product = planFor(
  'input x: cipher[2] within [-1, 1];\noutput y = sum(x * x)^2;\noutput z = dot(x, x);\n',
  { client: 'precompute' },
);

const opOf = (plan: Changed, name: string, nth = 0): Changed =>
  plan.ops.filter(({ op }: Changed) => op === name)[nth];
const indexOf = (plan: Plan, name: string) => plan.ops.findIndex(({ op }) => op === name);

/** Returns a number of the size of a prime that is 1 modulo 2N, but no prime. */
function composite(prime: string, degree: number): string {
  let number = BigInt(prime) - BigInt(2 * degree);
  while (isPrime(number)) number -= BigInt(2 * degree);
  return `${number}`;
}

type Rule = readonly [rule: string, plan: Plan, change: (plan: Changed) => void];

const MODULUS: readonly Rule[] = [
  [
    'params.polyModulusDegree: the ring degree must be one of 4096, 8192, 16384, 32768, 65536',
    real,
    (plan) => void Object.assign(plan.params, { polyModulusDegree: 2048 }),
  ],
  [
    'params.coeffModulus: the numbers of primes and of their sizes differ',
    real,
    (plan) => void plan.params.coeffModulusBits.pop(),
  ],
  [
    'params.coeffModulus: a prime occurs twice',
    real,
    ({ params }) => {
      params.coeffModulus[2] = params.coeffModulus[1];
    },
  ],
  [
    'params.coeffModulusBits: 159 bits of modulus are not 256-bit secure at degree 8192',
    real,
    (plan) => void Object.assign(plan.params, { securityBits: 256 }),
  ],
  [
    'params.basePrimes: there are fewer primes than base and special prime',
    real,
    (plan) => void Object.assign(plan.params, { basePrimes: 4 }),
  ],
  [
    'params.coeffModulus[1]: a prime must have at most 60 bits',
    real,
    (plan) => {
      plan.params.coeffModulusBits[1] = 61;
    },
  ],
  [
    'params.coeffModulus[1]: 268369921 does not have 29 bits',
    real,
    (plan) => {
      plan.params.coeffModulusBits[1] = 29;
    },
  ],
  [
    'params.coeffModulus[1]: 268369923 is not 1 modulo 16384',
    real,
    (plan) => {
      plan.params.coeffModulus[1] = '268369923';
    },
  ],
  [
    'is not a prime',
    real,
    ({ params }) => {
      params.coeffModulus[1] = composite(params.coeffModulus[1], params.polyModulusDegree);
    },
  ],
  [
    'params.scales: there must be one scale for each level',
    real,
    (plan) => void plan.params.scales.pop(),
  ],
  [
    'params.scales: the scale of level 0 is not 2^28',
    real,
    (plan) => {
      plan.params.scales[0] += 1;
    },
  ],
  [
    'params.scales[1]: the scale does not follow from its prime',
    real,
    (plan) => {
      plan.params.scales[1] *= 1 + 1e-8;
    },
  ],
  [
    'params.scaleBits: the scale is larger than the base',
    real,
    ({ params }) => {
      Object.assign(params, { scaleBits: 43 });
      params.scales[0] = 2 ** 43;
    },
  ],
  [
    'precisionBits: the precision is above 64 bits',
    real,
    (plan) => void Object.assign(plan, { precisionBits: 65 }),
  ],
  [
    'params.plainModulus: it is not below all primes of the modulus',
    gathered,
    (plan) => void Object.assign(plan.params, { plainModulus: 2 ** 49 }),
  ],
  [
    'params.plainModulus: 65539 has no slots in a ring of degree 4096: it is not a prime, or not 1 modulo 8192',
    integers,
    (plan) => void Object.assign(plan.params, { plainModulus: 65_539 }),
  ],
  [
    'batchable: only plans with slots are batchable',
    gathered,
    (plan) => void Object.assign(plan, { batchable: true }),
  ],
];

const INPUTS: readonly Rule[] = [
  ['slots: not a power of two', real, (plan) => void Object.assign(plan, { slots: 6 })],
  [
    'slots: a vector has at most 4096 slots',
    real,
    (plan) => void Object.assign(plan, { slots: 8192 }),
  ],
  [
    'slots: a vector has at most 2048 slots',
    integers,
    (plan) => void Object.assign(plan, { slots: 4096 }),
  ],
  [
    `ops[${indexOf(rotating, 'rotate')}]: a plan that rotates is not batchable`,
    rotating,
    (plan) => void Object.assign(plan, { batchable: true }),
  ],
  [
    "inputs[1].name: 'x' occurs twice",
    real,
    (plan) => {
      plan.inputs[1].name = 'x';
    },
  ],
  [
    'inputs[0].range: the range is empty',
    real,
    (plan) => {
      plan.inputs[0].range = [1, 0.5];
    },
  ],
  [
    'inputs[0].typical: there must be one number for each element',
    real,
    (plan) => {
      plan.inputs[0].typical = [0, 0];
    },
  ],
  [
    'inputs[0].typical: a number is outside the range',
    real,
    (plan) => {
      plan.inputs[0].typical = [0, 1, 1.5];
    },
  ],
  [
    'inputs[0].shape: there are too many elements',
    real,
    (plan) => {
      plan.inputs[0].shape = [2 ** 16, 2 ** 16];
    },
  ],
];

const OPERATIONS: readonly Rule[] = [
  [
    'data: more numbers than slots',
    real,
    (plan) => {
      opOf(plan, 'const', 1).data = [1, 1, 1, 1, 1];
    },
  ],
  [
    "input: there is no input 'w'",
    real,
    (plan) => {
      opOf(plan, 'upload').input = 'w';
    },
  ],
  [
    "input: 'p' is not a cipher input",
    real,
    (plan) => {
      opOf(plan, 'upload').input = 'p';
    },
  ],
  [
    "input: 'x' is not a plain input",
    real,
    (plan) => {
      opOf(plan, 'plainInput').input = 'x';
    },
  ],
  [
    'factor: more numbers than slots',
    real,
    (plan) => {
      opOf(plan, 'upload').factor = [1, 1, 1, 1, 1];
    },
  ],
  [
    'steps: the offset is not below the number of slots',
    rotating,
    (plan) => {
      opOf(plan, 'rotate').steps = 4;
    },
  ],
  [
    'scale: only a constant integer below 2^31 has scale one',
    real,
    (plan) => {
      opOf(plan, 'const', 0).data = 2.5;
    },
  ],
  [
    'scale: only a constant integer below 2^31 has scale one',
    real,
    (plan) => {
      opOf(plan, 'const', 0).data = 2 ** 31;
    },
  ],
  ...(['upload', 'plainInput', 'clearInverse'] as const).flatMap((name): Rule[] => [
    [
      'map: there must be a stride for each axis',
      real,
      (plan) => {
        opOf(plan, name).map.strides = [];
      },
    ],
    [
      'map: there must be a stride for each axis',
      real,
      (plan) => {
        opOf(plan, name).map.fromStrides = [1, 1];
      },
    ],
    [
      'map: it fills more slots than there are',
      real,
      (plan) => {
        opOf(plan, name).map.copies = [{ count: 2, stride: 0 }];
      },
    ],
    [
      'map: it fills more slots than there are',
      real,
      (plan) => {
        opOf(plan, name).map.strides = [2];
      },
    ],
  ]),
  ...[-1, 2, 2 ** 40].map((offset): Rule => {
    // The values before a multiplication by a clear value are clear, and those behind the end none.
    const rule =
      offset < 0
        ? 'promises[0].value: Too small'
        : 'promises[0].value: there is no such ciphertext';
    return [
      rule,
      real,
      (plan) => {
        const value = offset === 2 ? indexOf(plan, 'plainInput') : offset;
        plan.promises = [{ value, range: [0, 1], hasZeros: false }];
      },
    ];
  }),
  [
    'promises[1].value: the value has two promises',
    real,
    (plan) => {
      const promise = { value: indexOf(plan, 'upload'), range: [0, 1], hasZeros: true };
      plan.promises = [promise, promise];
    },
  ],
  [
    'promises[0].range: the range is empty',
    real,
    (plan) => {
      plan.promises = [{ value: indexOf(plan, 'upload'), range: [1, 0], hasZeros: true }];
    },
  ],
  [
    'files[0].path: the path is not printable',
    real,
    (plan) => {
      plan.files = [{ path: 'a\nb', sha256: '0'.repeat(64) }];
    },
  ],
  [
    'map: it reaches outside the data',
    real,
    (plan) => {
      opOf(plan, 'upload').map.fromStrides = [-1];
    },
  ],
  [
    'map: it reaches outside the data',
    real,
    (plan) => {
      opOf(plan, 'upload').map.from = 1;
    },
  ],
  [
    'map: it reaches outside the data',
    real,
    (plan) => {
      opOf(plan, 'plainInput').map.fromStrides = [2];
    },
  ],
  [
    'level: the highest level is 2',
    real,
    (plan) => {
      opOf(plan, 'upload').level = 3;
    },
  ],
  [
    'levels differ',
    real,
    (plan) => {
      opOf(plan, 'relinearize').level = 1;
    },
  ],
  [
    'data: a number is not an integer below 2^53',
    gathered,
    (plan) => {
      opOf(plan, 'const').data = 0.5;
    },
  ],
  [
    'factor: a number is not an integer below 2^53',
    integers,
    (plan) => {
      opOf(plan, 'upload').factor = 2 ** 53;
    },
  ],
  [
    'coefficients cannot be rotated',
    gathered,
    (plan) => {
      plan.ops[6] = { op: 'rotate', args: [1], steps: 1, level: 0 };
    },
  ],
  [
    'only coefficients can be gathered',
    integers,
    (plan) => {
      plan.ops[6] = { op: 'gather', args: [4, 5], level: 0 };
    },
  ],
  [
    'args: more numbers than slots',
    gathered,
    (plan) => {
      opOf(plan, 'gather').args = [2, 4, 4];
    },
  ],
  [
    'it computes with gathered values',
    gathered,
    (plan) => {
      plan.ops[6] = { op: 'add', args: [5, 5], level: 0 };
    },
  ],
];

const OUTPUTS: readonly Rule[] = [
  [
    'outputs[0].value: there is no such value',
    real,
    (plan) => {
      plan.outputs[0].value = plan.ops.length;
    },
  ],
  [
    'outputs[0].factor: the factor is 0',
    real,
    (plan) => {
      plan.outputs[0].factor = 0;
    },
  ],
  [
    "outputs[0].map: 'y' has 3 elements, 2 are read",
    real,
    (plan) => {
      plan.outputs[0].map.sizes = [2];
    },
  ],
  [
    "outputs[0].map: element 0 of 'y' is read twice",
    real,
    (plan) => {
      plan.outputs[0].map.fromStrides = [0];
    },
  ],
  [
    "outputs[1].shape: the parts of 'y' have different shapes",
    real,
    (plan) => {
      Object.assign(plan.outputs[1], { name: 'y', shape: [3, 1] });
    },
  ],
  [
    "outputs[1].factor: the parts of 'y' have different factors",
    real,
    (plan) => {
      Object.assign(plan.outputs[1], { name: 'y', factor: 2 });
    },
  ],
  [
    "'y' has 3 elements, 6 are read",
    real,
    (plan) => {
      plan.outputs[1].name = 'y';
    },
  ],
  [
    'outputs[0].errorBound: the error bound of integers is 0',
    integers,
    (plan) => {
      plan.outputs[0].errorBound = 0.1;
    },
  ],
];

const PRECOMPUTED: readonly Rule[] = [
  [
    "precomputed.ops[0].input: there is no input 'w'",
    product,
    (plan) => {
      plan.precomputed.ops[0].input = 'w';
    },
  ],
  [
    "precomputed.ops[0].input: 'x' is not a cipher input",
    product,
    (plan) => {
      plan.inputs[0].secrecy = 'plain';
    },
  ],
  [
    'precomputed.ops[1].args: an operand is not an earlier value',
    product,
    (plan) => {
      plan.precomputed.ops[1].args = [0, 1];
    },
  ],
  [
    'precomputed.ops: operands do not fit their operation',
    product,
    (plan) => {
      plan.precomputed.ops[2].axes = [1];
    },
  ],
  [
    'precomputed.ops[2]: the degree in the inputs is above 2',
    product,
    (plan) => {
      plan.precomputed.ops[2] = { ...plan.precomputed.ops[1], args: [0, 1] };
    },
  ],
  [
    'precomputed.ops[2]: the degree in the inputs is above 2',
    product,
    (plan) => {
      plan.precomputed.ops[1] = { kind: 'pow', exponent: 2, args: [0] };
      plan.precomputed.ops[2] = { kind: 'pow', exponent: 2, args: [1] };
    },
  ],
  [
    'precomputed.ops[3].data: there must be 2 elements',
    product,
    (plan) => void plan.precomputed.ops.push({ kind: 'const', shape: [2], data: [1] }),
  ],
  [
    "precomputed.values[0].name: 'x' occurs twice",
    product,
    (plan) => {
      plan.precomputed.values[0].name = 'x';
    },
  ],
  [
    'precomputed.values[0].value: there is no such value',
    product,
    (plan) => {
      plan.precomputed.values[0].value = 3;
    },
  ],
];

describe.each([
  ['the modulus', MODULUS],
  ['inputs and slots', INPUTS],
  ['operations', OPERATIONS],
  ['outputs', OUTPUTS],
  ["the client's operations", PRECOMPUTED],
] as const)('rules of %s', (_, rules) => {
  test.each(rules)('%s', (rule, plan, change) => {
    expect(reading(plan, () => {})).toBe('accepted');
    expect(reading(plan, change)).toContain(rule);
  });
});

describe('a number fits the modulus of its level, with a bit for the sign', () => {
  /** log2 of the modulus at the highest level, 2, of its scale, and of what fits. */
  const { coeffModulus, scales } = real.params as Extract<Plan, { scheme: 'ckks' }>['params'];
  const bits = coeffModulus.slice(0, 3).reduce((sum, q) => sum + Math.log2(Number(q)), 0);
  const largest = 2 ** (bits - 1 - Math.log2(at(scales, 2)));
  const accepted = (change: (plan: Changed, size: number) => void, size: number) =>
    reading(real, (plan) => change(plan, size)) === 'accepted';

  test.each<[string, (plan: Changed, size: number) => void]>([
    [
      'a constant that is added',
      (plan, size) => {
        opOf(plan, 'const', 1).data = [0, -size, 0];
      },
    ],
    [
      'an upload, at the end of its range',
      (plan, size) => {
        plan.inputs[0].range = [-size, 0];
      },
    ],
    [
      'an upload times its factor',
      (plan, size) => {
        opOf(plan, 'upload').factor = [0, size, 0];
      },
    ],
  ])('%s', (_, change) => {
    expect(accepted(change, 0.999 * largest)).toBe(true);
    expect(accepted(change, 1.001 * largest)).toBe(false);
  });

  test('a constant that is added to a product, at the square of the scale', () => {
    const change = (plan: Changed, size: number) => {
      plan.ops.splice(4, 1, { op: 'addPlain', args: [3, 4], level: 2 });
      plan.ops.splice(4, 0, { op: 'const', data: size });
      for (const op of plan.ops.slice(5))
        op.args = op.args?.map((arg: number) => (arg >= 4 ? arg + 1 : arg));
      plan.ops[5].args = [3, 4];
      for (const output of plan.outputs) output.value += 1;
    };
    // The product is 8 bits above the scale of level 2, of 28: 2^71 of 2^99 are left, less a scale.
    const fits = defined(largest) / at(scales, 2);
    expect([accepted(change, 0.999 * fits), accepted(change, 1.001 * fits)]).toEqual([true, false]);
  });
});

describe('rules of the stages of a plan', () => {
  const first = planFor('input x: cipher[3] within [-1, 1];\noutput y_1 = x*x;\n');
  const second = planFor(
    'input y_1: cipher[3] within [0, 1];\ninput x: cipher[3] within [-1, 1];\noutput y = y_1*x;\n',
  );
  const stages = [first, second].map((plan, at) => ({ until: `line ${at}`, plan }));
  const staged = { format: 'shoal-stages', version: 1, circuit: 'two.circ', stages };
  const inputOf = (plan: Changed, name: string): Changed =>
    plan.inputs.find((input: Changed) => input.name === name);

  test.each<[string, (plan: Changed) => void]>([
    ["'y_1' is not an output of an earlier stage", (changed) => void changed.stages.reverse()],
    [
      "'y_1' is an output of two stages",
      (changed) => {
        changed.stages[1].plan.outputs[0].name = 'y_1';
      },
    ],
    [
      "'y_1' differs from the one of an earlier stage",
      (changed) => {
        inputOf(changed.stages[1].plan, 'y_1').shape = [1, 3];
      },
    ],
    [
      "'x' differs from the one of an earlier stage",
      (changed) => {
        inputOf(changed.stages[1].plan, 'x').range = [-2, 1];
      },
    ],
    [
      "'x' differs from the one of an earlier stage",
      (changed) => {
        inputOf(changed.stages[1].plan, 'x').shape = [3, 1];
      },
    ],
    [
      'stages[1].plan.params.scales: the scale of level 0 is not',
      (changed) => {
        changed.stages[1].plan.params.scales[0] += 1;
      },
    ],
  ])('%s', (rule, change) => {
    expect(reading(staged, () => {})).toBe('accepted');
    expect(reading(staged, change)).toContain(rule);
  });
});
