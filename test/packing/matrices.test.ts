import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateCircuit, FLOATS } from '../../src/ir/evaluate-circuit.ts';
import { type Circuit, type Node, nodeAt } from '../../src/ir/graph.ts';
import { at } from '../../src/lookup.ts';
import { layoutKey } from '../../src/packing/layout.ts';
import {
  fitsShape,
  LAYOUT_CHOICES,
  type LayoutChoice,
  liesAs,
} from '../../src/packing/layout-choices.ts';
import { PackingError, type PackingOptions, pack } from '../../src/packing/pack.ts';
import { slotsNeeded } from '../../src/packing/slots-needed.ts';
import { build, optimize, passesUpTo } from '../support/circuits.ts';
import { randomMatrixProgram } from '../support/matrix-programs.ts';
import { outputsOf, slotInputs } from '../support/slots.ts';

/** Expects that a packed circuit computes the same outputs as the circuit. */
function expectPacked(circuit: Circuit, options: PackingOptions): void {
  const inputs = slotInputs(circuit.inputs);
  const expected = evaluateCircuit(circuit, FLOATS, (name) => ({
    shape: circuit.inputs.find((input) => input.name === name)?.shape ?? [],
    data: [...(inputs.get(name) as Float64Array)],
  }));
  const got = outputsOf(pack(circuit, options));
  for (const [name, { data }] of expected) {
    data.forEach((x, i) => {
      const difference = Math.abs((got.get(name)?.[i] as number) - x);
      expect(difference, `${name}[${i}]`).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(x)));
    });
  }
}

const AS_WRITTEN: PackingOptions = { scaledUploads: false, asWritten: true };
const OPTIMIZED: PackingOptions = { scaledUploads: true, asWritten: false };
const CHOICES = Object.keys(LAYOUT_CHOICES) as LayoutChoice[];

describe('matrices in slots', () => {
  it.each([
    'input M: cipher[3, 5]; input v: cipher[5]; output y = M @ v;',
    'input M: cipher[3, 5]; input v: cipher[3]; output y = v @ M;',
    'input M: cipher[3, 5]; output y = sum(M, 0); output z = sum(M, 1); output s = sum(M);',
    'input M: cipher[3, 5]; output y = (M*M).T; output z = (M*M)[0..2, 3]; output r = (M*M)[2];',
    'input u: cipher[3]; input v: cipher[7]; output y = outer(u, v) + 1;',
    'input A: cipher[3, 5]; input B: cipher[5, 4]; output y = A @ B; output z = (A*A) @ (B*B);',
    'input A: cipher[4, 4]; input v: cipher[4]; output y = A @ (A @ (A @ v)) + v;',
    'input A: cipher[4, 4]; input v: cipher[4]; output y = (A @ A).T @ v;',
    'input Z: cipher[2, 3, 5]; input w: cipher[5]; output y = Z[1].T @ (Z[0] @ w);',
    'input Z: cipher[2, 3, 5]; output y = Z @ Z[0].T; output z = Z + 1;',
    'input M: plain[6, 5]; input v: cipher[5]; output y = M @ v; output z = (M @ v) + (M @ (v*v));',
    'input M: plain[5, 20]; input v: cipher[20]; output y = M @ (v*v);',
    'input M: plain[5, 6]; input X: cipher[6, 7]; output y = M @ X; output z = M @ (X*X);',
    'input M: plain[5, 6]; input X: cipher[7, 5]; output y = X @ M; output z = (X*X) @ M;',
    'input p: plain[3, 4]; input X: cipher[3, 4]; output y = X / p;',
    'input X: cipher[3, 4]; input v: cipher[4]; output y = concat(X*X, [v, v]);',
    'input v: cipher[5]; output y = outer(v, v) @ rotate(v*v, 2);',
    // A scaled transpose.
    'input A: cipher[1, 2]; input P: plain[1, 2]; let B = P * A^3; output y = B; output z = 2*(0.25*B).T;',
    // Rearranged computed values.
    'input v: cipher[12]; let s = v*v; output y = reshape(s, 3, 4) @ reshape(s, 4, 3);',
    'input M: cipher[3, 5]; let s = M*M; output y = flatten(s)*flatten(s + 1);',
    'input M: cipher[3, 5]; let s = M*M; output y = flatten(s.T)*flatten(s);',
    'input M: cipher[4, 4]; let s = M*M; output y = diag(s)*diag(s @ s) + trace(s);',
    'input M: cipher[3, 5]; let s = M*M; output y = trace(s)*s + trace(s.T @ s);',
    'input v: cipher[11]; let s = v*v; output y = cumsum(s)*s; output z = cumsum(cumsum(s));',
    'input v: cipher[11]; let s = v*v; output y = s[..11..3]*s[1..11..3][0] + sum(s[2..11..4]);',
    'input v: cipher[4]; input w: cipher[3]; output y = kron(v*v, w*w)*kron(w*w, v*v);',
    'input Z: cipher[2, 3, 4]; let s = Z*Z; output y = transpose(s, 2, 0, 1)*transpose(s, 2, 0, 1)[0];',
    'input R: cipher[2, 2, 3, 2]; let s = R*R; output y = s @ transpose(s, 0, 1, 3, 2); output z = flatten(s)[..24..5]^2;',
    'input X: cipher[5, 6]; let s = X*X; output y = conv2d(s, [[1, 2], [3, s[0, 0]]], 2, 1);',
    'input X: cipher[5, 6]; let s = X*X; output y = avgpool(s, 2)*avgpool(s, 2, 2);',
    'input M: cipher[3, 4]; var r = M*M; r[.., 1] = r[.., 0]; r[1, ..4..2] += 1; output y = r*r;',
  ])('%s', (text) => {
    for (const options of [AS_WRITTEN, OPTIMIZED]) {
      const circuits = [build(text), optimize(text, ...passesUpTo(2))];
      for (const circuit of circuits) {
        const least = slotsNeeded(circuit);
        for (const slots of [
          least,
          2 * least,
          8 * least,
          Math.max(1, least / 2),
          Math.max(1, least / 8),
        ])
          expectPacked(circuit, { ...options, slots });
      }
    }
  });

  it('keep the outputs of random programs', () => {
    fc.assert(
      fc.property(randomMatrixProgram(), fc.constantFrom(0.25, 1, 2, 8), ({ text }, factor) => {
        const circuit = optimize(text, ...passesUpTo(2));
        const slots = Math.max(1, slotsNeeded(circuit) * factor);
        for (const options of [AS_WRITTEN, OPTIMIZED]) {
          expectPacked(build(text), { ...options, slots });
          expectPacked(circuit, { ...options, slots });
        }
      }),
      { numRuns: 150 },
    );
  });

  it('keep the outputs of random programs with a fixed layout, which their tensors have', () => {
    let held = 0;
    fc.assert(
      fc.property(randomMatrixProgram(), fc.nat(2 ** 20), ({ text }, choice) => {
        const circuit = optimize(text, ...passesUpTo(2));
        const layout = at(CHOICES, choice % CHOICES.length);
        const isPossible = ({ secrecy, shape }: Node) =>
          secrecy === 'cipher' && fitsShape(layout, shape);
        const possible = circuit.outputs
          .map(({ node }) => nodeAt(circuit, node))
          .concat(circuit.nodes)
          .filter(isPossible);
        if (possible.length === 0) return;
        const { id, shape } = at(possible, choice % possible.length);
        const slots = 2 * slotsNeeded(circuit);
        const fixedLayouts = new Map([[id, { layout }]]);
        const options = { ...OPTIMIZED, slots, spareBits: 1, fixedLayouts };
        try {
          expectPacked(circuit, options);
          const { outputs, tensors } = pack(circuit, options);
          if (!circuit.outputs.some(({ node }) => node === id)) return;
          const values = new Set(outputs.map(({ value }) => value));
          const written = tensors.filter(
            ({ node, values: tiles }) => node === id && tiles.every((tile) => values.has(tile)),
          );
          for (const tensor of written)
            expect(liesAs(layout, shape, tensor.layout.axes, Math.log2(slots))).toBe(true);
          held += written.length;
        } catch (error) {
          // Some tensors have no such layout.
          if (!(error instanceof PackingError)) throw error;
        }
      }),
      { numRuns: 100, seed: 22 },
    );
    expect(held).toBeGreaterThan(10);
  });

  it('keep the outputs of random programs with an excluded layout', () => {
    fc.assert(
      fc.property(randomMatrixProgram(), fc.nat(20), ({ text }, choice) => {
        const circuit = optimize(text, ...passesUpTo(2));
        const options = { ...OPTIMIZED, slots: 2 * slotsNeeded(circuit), spareBits: 1 };
        const layouts = pack(circuit, options)
          .tensors.filter(({ node }) => circuit.nodes[node]?.op.kind !== 'input')
          .map(({ node, layout }) => layoutKey(circuit.nodes[node]?.shape ?? [], layout.axes));
        const excludedLayouts = new Set(layouts.slice(choice % (layouts.length + 1)).slice(0, 1));
        try {
          expectPacked(circuit, { ...options, excludedLayouts });
        } catch (error) {
          // Some tensors have no other layout.
          if (!(error instanceof PackingError)) throw error;
        }
      }),
      { numRuns: 150 },
    );
  });
});
