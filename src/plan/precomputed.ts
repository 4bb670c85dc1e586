import { applyOp, type TensorOp } from '../tensor/op.ts';
import { type Ring, type Shape, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { ringOf } from './clear-ops.ts';
import type { ClientOp, Plan, PlanInput, PlanSketch, Precomputed } from './plan.ts';

/** Gives row-major data of an input, or of what the client computes from inputs, by name. */
export type ReadData = (name: string) => Float64Array;

/**
 * What a plan's uploads and plain inputs are read from: the inputs, and what the client computes from them, once
 * and when it is first asked for.
 *
 * @param read gives the plan's inputs
 */
export function withPrecomputed(plan: Plan | PlanSketch, read: ReadData): ReadData {
  const { precomputed } = plan;
  if (!precomputed) return read;
  let computed: ReadonlyMap<string, Float64Array> | undefined;
  return (name) => {
    if (plan.inputs.some((input) => input.name === name)) return read(name);
    computed ??= compute(plan, precomputed, read);
    const data = computed.get(name);
    if (!data) throw new Error(`there is no input '${name}'`);
    return data;
  };
}

function compute(
  plan: Plan | PlanSketch,
  { ops, values }: Precomputed,
  read: ReadData,
): ReadonlyMap<string, Float64Array> {
  const ring = ringOf(plan);
  const shapes = shapesOf(plan.inputs);
  const tensors = evaluateClientOps(ops, {
    ring,
    constant: ring.residue,
    input: (name) => ({
      shape: shapes.get(name) as Shape,
      data: Array.from(read(name), ring.residue),
    }),
  });
  return new Map(
    values.map(({ name, value }) => [
      name,
      Float64Array.from((tensors[value] as Tensor<number>).data),
    ]),
  );
}

/** Shapes of inputs by name. */
export function shapesOf(inputs: readonly PlanInput[]): ReadonlyMap<string, Shape> {
  return new Map(inputs.map(({ name, shape }) => [name, shape]));
}

/** What operations of the client are evaluated over. */
interface ClientDomain<T> {
  readonly ring: Ring<T>;
  readonly constant: (value: number) => T;
  readonly input: (name: string) => Tensor<T>;
}

function evaluateClientOps<T>(
  ops: readonly ClientOp[],
  { ring, constant, input }: ClientDomain<T>,
): readonly Tensor<T>[] {
  const values: Tensor<T>[] = [];
  for (const op of ops) {
    if (op.kind === 'input') values.push(input(op.input));
    else if (op.kind === 'const') values.push(constantOf(op, constant));
    else
      values.push(
        applyOp(
          tensorOpOf(op),
          op.args.map((arg) => values[arg] as Tensor<T>),
          ring,
        ),
      );
  }
  return values;
}

function constantOf<T>(
  { shape, data }: Extract<ClientOp, { kind: 'const' }>,
  constant: (value: number) => T,
): Tensor<T> {
  const all = typeof data === 'number' ? new Array<number>(sizeOf(shape)).fill(data) : data;
  return { shape, data: all.map(constant) };
}

/** An operation of the client that has operands, without them. */
export function tensorOpOf(op: Exclude<ClientOp, { kind: 'input' | 'const' }>): TensorOp {
  const { args: _, ...tensorOp } = op;
  return tensorOp;
}
