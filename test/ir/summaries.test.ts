import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Domain, evaluateCircuit, RESIDUES } from '../../src/ir/evaluate-circuit.ts';
import type { Circuit } from '../../src/ir/graph.ts';
import { pointOf } from '../../src/ir/point.ts';
import { type Sampling, Summaries } from '../../src/ir/summaries.ts';
import { defined } from '../../src/lookup.ts';
import { MODULUS } from '../../src/tensor/exact.ts';
import { residueSource } from '../../src/tensor/random-residues.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { build, optimize, passesUpTo } from '../support/circuits.ts';
import { randomMatrixProgram } from '../support/matrix-programs.ts';

/**
 * Returns a sampling of residues, and counts of the elements that its domain has computed as sums
 * of products.
 */
function samplingOf({ inputs }: Circuit) {
  const point = pointOf(inputs, residueSource('summaries'));
  const counts = { sums: 0 };
  const domain: Domain<bigint> = {
    ...RESIDUES,
    sumOfProducts(x, y, count) {
      counts.sums++;
      return defined(RESIDUES.sumOfProducts)(x, y, count);
    },
    rowProducts(x, y) {
      counts.sums += x.starts.length * y.starts.length;
      return defined(RESIDUES.rowProducts)(x, y);
    },
  };
  const sampling: Sampling<bigint, bigint> = {
    domain,
    input: (name) => point.get(name) as Tensor<bigint>,
    summarize: ({ data }) => data.reduce((sum, x, i) => (sum + x * BigInt(i + 1)) % MODULUS, 0n),
    scale: (residue, by) => (residue * by.residue) % MODULUS,
    numbersPerOperation: 10,
  };
  return { sampling, counts };
}

/** Returns the summary of each live node by evaluation without memory. */
function directly(circuit: Circuit, { domain, input, summarize }: Sampling<bigint, bigint>) {
  const found: bigint[] = [];
  evaluateCircuit(circuit, domain, input, (id, value) => {
    found[id] = summarize(value);
  });
  return found;
}

describe('summaries of values', () => {
  it('are those of the values, whichever circuits were summarized before', () => {
    fc.assert(
      fc.property(randomMatrixProgram(), ({ text }) => {
        const circuits = [build(text), optimize(text, ...passesUpTo(2))] as const;
        const { sampling } = samplingOf(circuits[0]);
        const summaries = new Summaries(sampling);
        for (const circuit of circuits) {
          const all = summaries.of(circuit);
          for (const [id, summary] of directly(circuit, sampling).entries())
            if (summary !== undefined) expect(all[id]).toBe(summary);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['2*(A @ B)', '(3*A) @ B', '(A @ -B)/7', '(-0.5*A) @ (4*B)'],
    ['(A @ B)[0]', '(2*(A @ B))[0]', '(A @ (B + B*0.5) - (A @ B)*1.5)[0] + (A @ B)[0]'],
  ])('compute products that differ by a constant once: %s', (...bodies) => {
    const text = (body: string) =>
      `input A: cipher[16, 64]; input B: cipher[64, 16]; output r = ${body};`;
    const { sampling, counts } = samplingOf(build(text(bodies[0] as string)));
    const summaries = new Summaries(sampling);
    for (const body of bodies.slice(0, 2)) summaries.of(build(text(body)));
    expect(counts.sums).toBe(16 * 16);
    for (const body of bodies) {
      const circuit = build(text(body));
      expect(summaries.of(circuit).at(-1)).toBe(directly(circuit, sampling).at(-1));
    }
  });
});
