import { at, lookUp } from '../lookup.ts';
import { applyOp, type TensorOp } from '../tensor/op.ts';
import { type Shape, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { ringOf, type SlotRing } from './clear-ops.ts';
import type { ClientOp, Plan, PlanInput, PlanSketch, Precomputed } from './plan.ts';

/** Returns the row-major data of an input, or of a value computed from inputs, by name. */
export type ReadData = (name: string) => Float64Array;

/**
 * Returns a function that reads the data of a plan's uploads and plain inputs: inputs, and values
 * that the client or the server computes from them. Those of a party are computed once, when the
 * first of them is read.
 *
 * @param read returns the plan's inputs
 */
export function withPrecomputed(plan: Plan | PlanSketch, read: ReadData): ReadData {
  const lists = [plan.precomputed, plan.prepared].filter((list) => list !== undefined);
  if (lists.length === 0) return read;
  const computed = new Map<Precomputed, ReadonlyMap<string, Float64Array>>();
  return (name) => {
    if (plan.inputs.some((input) => input.name === name)) return read(name);
    const list = lists.find(({ values }) => values.some((value) => value.name === name));
    if (!list) throw new Error(`there is no input '${name}'`);
    const data = computed.get(list) ?? compute(plan, list, read);
    computed.set(list, data);
    return lookUp(data, name);
  };
}

function compute(
  plan: Plan | PlanSketch,
  { ops, values }: Precomputed,
  read: ReadData,
): ReadonlyMap<string, Float64Array> {
  const tensors = evaluateOps(ops, ringOf(plan), shapesOf(plan.inputs), read);
  return new Map(
    values.map(({ name, value }) => [name, Float64Array.from(at(tensors, value).data)]),
  );
}

/** Returns the shapes of inputs by name. */
export function shapesOf(inputs: readonly PlanInput[]): ReadonlyMap<string, Shape> {
  return new Map(inputs.map(({ name, shape }) => [name, shape]));
}

function evaluateOps(
  ops: readonly ClientOp[],
  ring: SlotRing,
  shapes: ReadonlyMap<string, Shape>,
  read: ReadData,
): readonly Tensor<number>[] {
  const values: Tensor<number>[] = [];
  for (const op of ops) {
    if (op.kind === 'input') {
      const data = Array.from(read(op.input), ring.residue);
      values.push({ shape: lookUp(shapes, op.input), data });
    } else if (op.kind === 'const') {
      values.push({ shape: op.shape, data: constantData(op).map(ring.residue) });
    } else {
      const operands = op.args.map((arg) => at(values, arg));
      values.push(applyOp(tensorOpOf(op), operands, ring));
    }
  }
  return values;
}

function constantData({ shape, data }: Extract<ClientOp, { kind: 'const' }>): readonly number[] {
  return typeof data === 'number' ? new Array<number>(sizeOf(shape)).fill(data) : data;
}

/** Returns an operation on whole tensors without its operands. */
export function tensorOpOf(op: Exclude<ClientOp, { kind: 'input' | 'const' }>): TensorOp {
  const { args: _, ...tensorOp } = op;
  return tensorOp;
}
