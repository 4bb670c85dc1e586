import { z } from 'zod';
import type { CommandName } from '../../src/cli/commands.ts';
import { CostModel } from '../../src/cost/cost-model.ts';
import { CODES } from '../../src/errors/codes.ts';
import { Plan } from '../../src/plan/plan.ts';

/** The entries of JSON documents that docs/cli.md promises. */

const Count = z.int().nonnegative();

export const Measures = z.object({
  depth: Count,
  levels: Count.nullable(),
  width: Count,
  mulsByDepth: z.array(Count),
  ops: z.object({
    mul: Count,
    mulPlain: Count,
    add: Count,
    addPlain: Count,
    rotate: Count,
    relinearize: Count,
    rescale: Count,
  }),
});

export const Params = z.strictObject({
  polyModulusDegree: z.int(),
  coeffModulusBits: z.array(z.int()),
  scaleBits: z.int().optional(),
  plainModulus: z.int().optional(),
  securityBits: z.union([z.literal(128), z.literal(192), z.literal(256)]),
});

/** A position in a text; line and column are missing together. */
const Position = { line: z.int().positive().optional(), column: z.int().positive().optional() };

/** An error or a warning. */
const Diagnostic = z
  .strictObject({
    code: z.enum(Object.keys(CODES)),
    file: z.string(),
    ...Position,
    message: z.string().min(1),
  })
  .refine(({ line, column }) => (line === undefined) === (column === undefined));

export const Errors = z.strictObject({ errors: z.array(Diagnostic).min(1) });

const Range = z.strictObject({
  index: Count,
  level: Count,
  magnitude: z.number().nonnegative(),
  sampled: z.boolean(),
  magnitudeBits: z.number(),
  scaleBits: z.number().positive(),
  modulusBits: z.number().positive(),
  headroomBits: z.number(),
  op: z.string(),
  ...Position,
  expression: z.string(),
  iterations: z.array(z.int()),
});

const Search = z.strictObject({
  circuits: Count,
  budgetUsedUp: z.boolean(),
  runnerUp: z
    .strictObject({
      depth: Count,
      levels: Count.nullable(),
      mul: Count,
      mulPlain: Count,
      rotate: Count,
      predictedMs: z.number().nonnegative().nullable(),
    })
    .nullable(),
});

export const Report = z.object({
  circuit: z.string(),
  scheme: z.enum(['ckks', 'bfv', 'bgv']),
  source: Measures,
  optimized: Measures,
  bound: Count,
  passes: z.array(
    z.object({
      name: z.string(),
      before: z.object({ depth: Count }),
      after: z.object({ depth: Count }),
      ms: z.number(),
    }),
  ),
  params: Params.nullable(),
  paramsReason: z.string().optional(),
  sourceParams: Params.nullable(),
  predictedMs: z.number().nonnegative().nullable(),
  compileMs: z.number().nonnegative(),
  sourcePredictedMs: z.number().nonnegative().nullable(),
  predictedMemory: Count.nullable(),
  sourcePredictedMemory: Count.nullable(),
  stopped: z.string().nullable(),
  search: Search.nullable(),
  layouts: z.array(z.strictObject({ name: z.string(), layout: z.string(), tensors: Count })),
  predictedError: z.number().nullable(),
  noiseBudgets: z.record(z.string(), Count.nullable()).optional(),
  rotations: z.array(z.strictObject({ steps: z.int(), count: Count, highestLevel: Count })),
  packing: z.array(
    z.strictObject({
      what: z.string(),
      line: Count.optional(),
      shape: z.array(Count),
      grid: z.string(),
      copies: z.string(),
      padding: z.string(),
      ciphertexts: Count,
      level: Count.nullable(),
    }),
  ),
  ranges: z
    .strictObject({ outputs: z.record(z.string(), Range), largest: Range, tightest: Range })
    .nullable(),
  slots: z.int(),
  uploads: Count,
  warnings: z.array(Diagnostic),
});

const Arrival = z.strictObject({ depth: Count, level: Count });

const Iterations = z.strictObject({
  first: z.array(z.int()),
  last: z.array(z.int()),
  count: z.int().positive(),
});

const PathLocation = {
  ...Position,
  text: z.string(),
  iterations: Iterations.nullable(),
};

const ExplainedForm = z.strictObject({
  depth: Count,
  levels: Count.nullable(),
  output: z.string().nullable(),
  path: z.array(
    z.strictObject({
      ...PathLocation,
      inTurn: z.boolean(),
      multiplications: Count,
      levels: z.int().positive(),
      after: Arrival,
    }),
  ),
});

const Hold = z.strictObject({
  ...PathLocation,
  kind: z.enum(['product', 'square', 'constant', 'plain', 'mask']),
  degree: z.number().nullable(),
  bound: Count.nullable(),
  optimal: z.boolean().nullable(),
  reason: z.string().min(1),
});

const Facts = z.object({ depth: Count, level: Count, muls: Count, width: Count, nodes: Count });

export const Explanation = z.strictObject({
  circuit: z.string(),
  source: ExplainedForm,
  optimized: ExplainedForm,
  bound: Count,
  boundMet: z.boolean(),
  output: z
    .strictObject({
      name: z.string(),
      degree: z.number().nullable(),
      bound: Count.nullable(),
    })
    .nullable(),
  holds: z.array(Hold),
  gain: Hold.nullable(),
  passes: z.array(
    z.strictObject({
      name: z.string(),
      before: Facts,
      after: Facts,
      ms: z.number(),
      work: Count,
      stopped: z.string().optional(),
    }),
  ),
  stopped: z.string().nullable(),
  search: Search.nullable(),
  warnings: z.array(Diagnostic),
});

export const Exploration = z.strictObject({
  circuit: z.string(),
  objective: z.enum(['time', 'depth']),
  jobs: z.int().positive(),
  bound: Count,
  points: z.array(
    z.strictObject({
      depth: Count,
      levels: Count.nullable(),
      mul: Count,
      width: Count,
      operations: Count,
      uploadBytes: Count.nullable(),
      predictedMs: z.number().nonnegative().nullable(),
      params: Params.nullable(),
      chosen: z.boolean(),
      plan: z.string().nullable(),
    }),
  ),
  compared: z.int().positive(),
  stopped: z.string().nullable(),
  warnings: z.array(Diagnostic),
});

type Nested = number | readonly Nested[];
const Nested: z.ZodType<Nested> = z.lazy(() => z.union([z.number(), z.array(Nested)]));

const Costs = {
  maxAbsError: z.number().nonnegative(),
  maxRelError: z.number().nonnegative(),
  predictedError: z.number().nonnegative(),
  jobs: z.int().positive(),
  timings: z.object({
    keygen: z.number(),
    encrypt: z.number(),
    evaluate: z.number(),
    decrypt: z.number(),
  }),
  memory: z.object({ peakRssBytes: Count, heapBytes: Count, keyBytes: Count, uploadBytes: Count }),
  predictedMemory: Count.nullable(),
};

export const Evaluated = z.object({
  outputs: z.record(z.string(), Nested),
  ...Costs,
  optimized: Measures,
  params: Params,
});

export const Compared = z.object({
  ...Evaluated.shape,
  source: z.object({
    ...Measures.shape,
    ...Costs,
    params: Params,
    outputs: z.record(z.string(), Nested),
  }),
});

export const Vectors = z.object({
  vectors: z.object({
    passed: Count,
    failed: Count,
    results: z.array(z.object({ passed: z.boolean(), outputs: z.record(z.string(), Nested) })),
  }),
  ...Costs,
});

export const Verdict = z.union([
  z.strictObject({
    equal: z.literal(true),
    files: z.tuple([z.string(), z.string()]),
    points: z.int().positive(),
    primes: z.array(z.string()),
    errorProbability: z.number(),
  }),
  z.strictObject({
    equal: z.literal(false),
    files: z.tuple([z.string(), z.string()]),
    reason: z.string(),
    counterexample: z
      .strictObject({
        output: z.string(),
        element: Count,
        inputs: z.record(z.string(), Nested),
        values: z.tuple([z.number().nullable(), z.number().nullable()]),
      })
      .optional(),
  }),
]);

const Digest = z.string().regex(/^[0-9a-f]+$/);
const PlanDigest = z.string().regex(/^[0-9a-f]{64}$/);

/** What a plan takes and returns. */
const Interface = {
  scheme: z.enum(['ckks', 'bfv', 'bgv']),
  plainModulus: z.int().optional(),
  securityBits: z.int(),
  inputs: z.array(
    z.strictObject({
      name: z.string(),
      secrecy: z.enum(['cipher', 'plain']),
      shape: z.array(Count),
      range: z.tuple([z.number(), z.number()]),
    }),
  ),
  outputs: z.array(
    z.strictObject({ name: z.string(), shape: z.array(Count), errorBound: z.number() }),
  ),
};

const CostSample = z.strictObject({
  term: z.string(),
  degree: z.int(),
  primes: z.int(),
  chainPrimes: z.int(),
  polynomials: z.int(),
  ms: z.number().positive(),
});

const Calibration = z.strictObject({
  stored: z.string().nullable(),
  typical: z.array(
    z.strictObject({
      operation: z.string(),
      degree: z.int(),
      primes: z.int(),
      ms: z.number().positive(),
      builtInMs: z.number().positive(),
    }),
  ),
  medianDeviation: z.number().nonnegative(),
  largestDeviation: z.number().nonnegative(),
  worst: CostSample,
  model: CostModel,
  samples: z.array(CostSample),
});
const Outputs = z.record(z.string(), Nested);

/** The schema of the document of each command that succeeds. */
export const DOCUMENTS = {
  check: z.strictObject({
    files: z.array(
      z.strictObject({
        file: z.string(),
        scheme: z.enum(['ckks', 'bfv', 'bgv']),
        inputs: z.array(
          z.strictObject({
            name: z.string(),
            secrecy: z.enum(['cipher', 'plain']),
            shape: z.array(Count),
            range: z.tuple([z.number(), z.number()]).nullable(),
          }),
        ),
        outputs: z.array(z.string()),
      }),
    ),
  }),
  report: Report,
  explain: Explanation,
  explore: Exploration,
  compile: Plan,
  eval: Evaluated,
  keygen: z.strictObject({
    digest: PlanDigest,
    keys: Digest,
    files: z.record(
      z.enum(['secret', 'public', 'evaluation']),
      z.strictObject({ file: z.string(), bytes: Count }),
    ),
    ms: z.number(),
    warnings: z.array(Diagnostic),
  }),
  encrypt: z.strictObject({
    output: z.string(),
    upload: Digest,
    keys: Digest,
    digest: PlanDigest,
    plan: z.strictObject({ circuit: z.string(), ...Interface }),
    inputs: z.array(z.string()),
    seeded: z.boolean(),
    bytes: Count,
    ms: z.number(),
    warnings: z.array(Diagnostic),
  }),
  decrypt: z.strictObject({
    outputs: Outputs,
    results: z.array(z.strictObject({ uploads: z.array(Digest), outputs: Outputs })),
    warnings: z.array(Diagnostic),
  }),
  inspect: z.object({
    file: z.string(),
    kind: z.string(),
    bytes: Count,
    circuit: z.string(),
    digest: PlanDigest,
  }),
  verify: Verdict,
  fmt: z.strictObject({
    files: z.array(
      z.strictObject({ file: z.string(), changed: z.boolean(), text: z.string().optional() }),
    ),
  }),
  calibrate: Calibration,
} satisfies Record<CommandName, z.ZodType>;
