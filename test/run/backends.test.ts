import { expect, test } from 'vitest';
import {
  check,
  compileForData,
  EVALUATING_BACKENDS,
  evaluateProgram,
  type Inputs,
} from '../../src/index.ts';

const inputs: Inputs = new Map([
  ['x', { data: Float64Array.of(2), locationOf: () => ({ file: '' }) }],
]);

test.each(EVALUATING_BACKENDS.map(({ name }) => name))(
  '%s keeps to the error bound of the plan',
  async (backend) => {
    const text = 'input x: cipher within [-3, 3];\noutput y = x^4 + 2;\n';
    const program = compileForData(check({ file: 'a.circ', text }), [inputs], {
      optimizationLevel: 1,
    });
    const [bound = Number.NaN] = program.stages.flatMap(({ plan }) =>
      plan.outputs.map(({ errorBound }) => errorBound),
    );
    const { outputs } = await evaluateProgram(program, [inputs], { backend });
    const [y = Number.NaN] = outputs[0]?.get('y') ?? [];
    // 2^4 + 2; rounding to float64 is no part of the bound.
    expect(Math.abs(y - 18)).toBeLessThanOrEqual(bound + 1e-9);
  },
);
