import { describe, expect, test } from 'vitest';
import { evaluateCircuit, FLOATS } from '../../src/ir/evaluate-circuit.ts';
import { type Circuit, type Node, type NodeId, nodeAt } from '../../src/ir/graph.ts';
import { at, defined, lookUp } from '../../src/lookup.ts';
import { type ClearTensor, viewed } from '../../src/packing/clear-tensors.ts';
import { Emitter } from '../../src/packing/emitter.ts';
import { mask, meetRequest } from '../../src/packing/gaps.ts';
import { bitsOf } from '../../src/packing/layout.ts';
import { relayouts } from '../../src/packing/relayouts.ts';
import type { MethodContext } from '../../src/packing/slot-method.ts';
import { methodsOf } from '../../src/packing/slot-methods.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { ONE } from '../../src/tensor/exact.ts';
import { sizeOf, type Tensor } from '../../src/tensor/tensor.ts';
import { wholeView } from '../../src/tensor/view.ts';
import { build } from '../support/circuits.ts';
import { cases, SAMPLED } from '../support/sampling.ts';
import {
  Chance,
  expectMet,
  randomAxes,
  randomRequest,
  SlotTensors,
} from '../support/slot-tensors.ts';

/**
 * Every method of packing is run on operands in random layouts that it accepts: with zeros, copies
 * or garbage in all slots beside their elements. The result must have the right elements, and
 * beside them what its layout says. In whole programs, most layouts never occur.
 */

const TENSORS =
  'input M: cipher[5, 3]; input N: cipher[3, 4]; input v: cipher[3]; input w: cipher[5];';
const CLEAR = `input P: plain[6, 3]; input q: plain[3]; input s: cipher;
  const C = [[1, 0, 2], [0, 3, 0], [4, 0, 0], [0, 0, 5], [0.5, 0, 0]];`;

/** A program for each operation, and for each way in which its operands lie. */
const PROGRAMS: readonly string[] = [
  'M + M*M',
  'v - v*v',
  '-M',
  'v^3',
  'M + v',
  'v*s',
  'v + s*v',
  'M*s',
  'M*v',
  'M*q',
  'P*v',
  'M.T',
  'M.T*w',
  'sum(v)',
  'sum(w)',
  'sum(M)',
  'sum(M, 0)',
  'sum(M, 1)',
  'dot(v, v)',
  'M @ v',
  'w @ M',
  'M @ N',
  'M.T @ w',
  'outer(v, w)',
  'C @ v',
  'w @ C',
  'P @ v',
  'P.T @ concat(v, v)',
  'C @ N',
  'P @ N',
  'v[1..3]',
  'w[2..5]',
  'w[4]',
  'M[1]',
  'M[4, 2]',
  'M[1..4]',
  'M[0..5, 1..2]',
  'M[2..4, 1..3]',
  'M[4..5, 0..2]',
  'rotate(w, 2)',
  'rotate(w, 4)',
  'rotate(v, 1)',
  'rotate(N[0], 3)',
  'concat(v, w)',
  'concat(w, v, v)',
  'concat(M, P)',
  'concat(q, v)',
  '[v, v, v*v]',
  '[s, s*s, s]',
  '[q, v]',
];

interface Case {
  readonly circuit: Circuit;
  /** The values of all nodes. */
  readonly values: readonly Tensor<number>[];
  readonly inputs: ReadonlyMap<string, Tensor<number>>;
  readonly known: readonly (ClearTensor | undefined)[];
}

/** Returns what is known in the clear: constants, plain inputs, and views of these. */
function knownOf({ nodes }: Circuit): readonly (ClearTensor | undefined)[] {
  const known: (ClearTensor | undefined)[] = [];
  for (const { kind, op, args, shape, secrecy } of nodes) {
    const isView = kind === 'broadcast' || kind === 'permute' || kind === 'slice';
    const source = isView ? known[args[0]] : undefined;
    if (kind === 'const') known.push({ kind: 'constant', tensor: op.tensor });
    else if (kind === 'input' && secrecy === 'plain')
      known.push({ kind: 'input', name: op.type.name, cipher: false, view: wholeView(shape) });
    else known.push(isView && source ? viewed(op, source) : undefined);
  }
  return known;
}

function caseOf(program: string, chance: Chance): Case {
  const circuit = build(`${TENSORS} ${CLEAR} output r = ${program};`);
  const inputs = new Map(
    circuit.inputs.map(({ name, shape }) => [
      name,
      { shape, data: Array.from({ length: sizeOf(shape) }, () => chance.number()) },
    ]),
  );
  const outputs = circuit.nodes.map(({ id }) => ({ name: `${id}`, node: id, factor: ONE }));
  const all = evaluateCircuit({ ...circuit, outputs }, FLOATS, (name) => lookUp(inputs, name));
  const values = circuit.nodes.map(({ id }) => lookUp(all, `${id}`));
  return { circuit, values, inputs, known: knownOf(circuit) };
}

/** Runs every method of a node for a random request. Returns how many there were. */
function expectTrueMethods(tested: Case, node: Node, chance: Chance, asWritten: boolean): number {
  const { circuit, values, inputs, known } = tested;
  const slotBits = chance.of([3, 4, 5]);
  const axes = randomAxes(chance, node.shape, slotBits);
  const request = randomRequest(chance, axes, slotBits);
  const contextWith = (emit: Emitter): MethodContext => ({
    circuit,
    emit,
    slotBits,
    spareBits: 0,
    sumsInSlots: false,
    hasGrids: true,
    asWritten,
    known: (id) => known[id],
  });
  const count = methodsOf(contextWith(new Emitter(2 ** slotBits)), node, request).length;
  for (let i = 0; i < count; i++) {
    const emit = new Emitter(2 ** slotBits);
    const { operands, write } = at(methodsOf(contextWith(emit), node, request), i);
    const slots = new SlotTensors(emit, chance);
    for (const [name, { data }] of inputs) slots.give(name, data);
    const tensorOf = (id: NodeId, read: typeof request) => {
      const { shape, data } = at(values, id);
      return slots.tensor(shape, data, read);
    };
    // What is known in the clear is laid out at its use, as packing does.
    if (operands.some((operand) => known[operand.node])) continue;
    const result = write(operands.map((operand) => tensorOf(operand.node, operand.request)));
    const { data } = at(values, node.id);
    slots.expectTrue(result, data);
    const met = meetRequest(emit, result, request);
    slots.expectTrue(met, data);
    expectMet(met, request);
  }
  return count;
}

test.each(PROGRAMS)('%s: results lie as their layouts say', SAMPLED, (program) => {
  const next = randomNumbers(PROGRAMS.indexOf(program));
  const chance = new Chance(next);
  let count = 0;
  for (let run = 0; run < cases(80, 25); run++) {
    const tested = caseOf(program, chance);
    for (const node of tested.circuit.nodes) {
      const isComputed = node.kind !== 'input' && !tested.known[node.id];
      if (!isComputed || node.secrecy !== 'cipher') continue;
      count += expectTrueMethods(tested, node, chance, run % 4 === 3);
    }
  }
  expect(count).toBeGreaterThan(20);
});

describe('a tensor in any layout', () => {
  const shapes = [[], [1], [3], [4], [7], [2, 3], [4, 2], [3, 5]];

  test.each(shapes.map((shape) => [shape] as const))('%j: meets a request', SAMPLED, (shape) => {
    const chance = new Chance(randomNumbers(sizeOf(shape)));
    for (let run = 0; run < cases(400, 200); run++) {
      const slotBits = chance.of([3, 4, 5]);
      const emit = new Emitter(2 ** slotBits);
      const slots = new SlotTensors(emit, chance);
      const axes = randomAxes(chance, shape, slotBits);
      const data = Array.from({ length: sizeOf(shape) }, () => chance.number());
      const tensor = slots.tensor(shape, data, { axes, copies: 0, clean: false });
      const request = randomRequest(chance, axes, slotBits);
      const met = meetRequest(emit, tensor, request);
      slots.expectTrue(met, data);
      expectMet(met, request);
    }
  });

  test('is masked: zeros replace garbage, and the copies that are cleared', () => {
    const chance = new Chance(randomNumbers(3));
    for (let run = 0; run < 200; run++) {
      const emit = new Emitter(16);
      const slots = new SlotTensors(emit, chance);
      const data = [1, 2, 3];
      const axes = randomAxes(chance, [3], 4);
      const tensor = slots.tensor([3], data, { axes, copies: 0, clean: false });
      const cleared = chance.below(16) & ~bitsOf(axes);
      const masked = mask(emit, tensor, (bit) => ((cleared >> bit) & 1) === 1);
      slots.expectTrue(masked, data);
      expect(masked.layout.gaps).not.toContain('garbage');
      expect(masked.layout.padding).toEqual(['zero']);
    }
  });

  test('moves to another layout', () => {
    const chance = new Chance(randomNumbers(5));
    const circuit = build('input M: cipher[3, 3]; output r = M @ M;');
    let count = 0;
    for (let run = 0; run < cases(400, 200); run++) {
      const slotBits = chance.of([3, 4, 5]);
      const shape = chance.of([[3], [4], [2, 3], [3, 2]]);
      const data = Array.from({ length: sizeOf(shape) }, () => chance.number());
      const [from, to] = [0, 1].map(() => randomAxes(chance, shape, slotBits));
      const request = randomRequest(chance, defined(to), slotBits);
      const emit = new Emitter(2 ** slotBits);
      const context = { circuit, emit, slotBits, spareBits: 0, sumsInSlots: false, hasGrids: true };
      const slots = new SlotTensors(emit, chance);
      const all = relayouts(
        { ...context, asWritten: false, known: () => undefined },
        shape,
        defined(from),
        request,
        100,
      );
      for (const { write } of all) {
        const read = { axes: defined(from), copies: 0, clean: false };
        const moved = write(slots.tensor(shape, data, read));
        slots.expectTrue(moved, data);
        count++;
      }
    }
    expect(count).toBeGreaterThan(200);
  });
});

test('nodes are computed in the circuit of a program, not known', () => {
  const { circuit, known } = caseOf('C @ v', new Chance(randomNumbers(1)));
  const { node } = defined(circuit.outputs[0]);
  expect(nodeAt(circuit, node).kind).toBe('mul');
  expect(known[node]).toBeUndefined();
});
