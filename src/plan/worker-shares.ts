import { defined } from '../lookup.ts';
import type { ValueId } from './index-space.ts';
import { operands } from './liveness.ts';
import { isClear } from './operations.ts';
import type { Plan, PlanOp } from './plan.ts';

/** What one worker does of a plan, and what others get from it. */
export interface Share {
  /**
   * Operations in order, with the uploads and the values in clear that they read. A ciphertext that is
   * read and is not among them comes from another worker.
   */
  readonly ops: readonly ValueId[];
  /** Workers that are to get a result, ascending, by operation. */
  readonly recipients: ReadonlyMap<ValueId, readonly number[]>;
  /** Values of the plan's outputs that are found here. */
  readonly outputs: readonly ValueId[];
}

/** Whether a worker needs no other one for a value: it is uploaded, or computed in clear. */
export function isReplicated(op: PlanOp): boolean {
  return op.op === 'upload' || isClear(op);
}

/** A plan as the share of the only worker, in the plan's own order. */
export function wholePlan(plan: Plan): Share {
  return {
    ops: plan.ops.map((_, at) => at),
    recipients: new Map(),
    outputs: outputValues(plan),
  };
}

/**
 * Shares of workers.
 *
 * @param orders for each worker its operations on ciphertexts, in order; together all of the plan's
 * @returns a share for each of them. Values that are given are in every share that reads them, right
 *   before the first operation that does; the first worker takes those that nobody reads.
 */
export function sharesOf(plan: Plan, orders: readonly (readonly ValueId[])[]): readonly Share[] {
  const owners = new Int32Array(plan.ops.length);
  orders.forEach((order, worker) => {
    for (const at of order) owners[at] = worker;
  });
  const recipients = recipientsOf(plan, orders, owners);
  const unread = unreadValues(plan);
  return orders.map((order, worker) => {
    const outputs = outputValues(plan).filter((at) => owners[at] === worker);
    const ends = worker === 0 ? [...outputs, ...unread] : outputs;
    return { ops: withGiven(plan, order, ends), recipients: defined(recipients[worker]), outputs };
  });
}

function outputValues(plan: Plan): readonly ValueId[] {
  return [...new Set(plan.outputs.map(({ value }) => value))];
}

/** Given values that are neither read nor an output: they are computed all the same, for they may be wrong. */
function unreadValues(plan: Plan): readonly ValueId[] {
  const read = new Set(outputValues(plan));
  for (const op of plan.ops) for (const arg of operands(op)) read.add(arg);
  return plan.ops.flatMap((op, at) => (isReplicated(op) && !read.has(at) ? [at] : []));
}

/** For each worker the others that are to get its results. */
function recipientsOf(
  plan: Plan,
  orders: readonly (readonly ValueId[])[],
  owners: Int32Array,
): readonly ReadonlyMap<ValueId, readonly number[]>[] {
  const recipients = orders.map(() => new Map<ValueId, number[]>());
  orders.forEach((order, worker) => {
    for (const arg of new Set(order.flatMap((at) => operands(defined(plan.ops[at]))))) {
      const owner = defined(owners[arg]);
      if (owner === worker || isReplicated(defined(plan.ops[arg]))) continue;
      const known = defined(recipients[owner]).get(arg);
      if (known === undefined) defined(recipients[owner]).set(arg, [worker]);
      else known.push(worker);
    }
  });
  return recipients;
}

/** An order with the given values that are read in it or at its end, each right before it is due. */
function withGiven(
  plan: Plan,
  order: readonly ValueId[],
  ends: readonly ValueId[],
): readonly ValueId[] {
  const due = new Int32Array(plan.ops.length).fill(order.length + 1);
  order.forEach((at, place) => {
    due[at] = place;
  });
  for (const at of ends) due[at] = Math.min(defined(due[at]), order.length);
  for (let at = plan.ops.length - 1; at >= 0; at--) {
    if (defined(due[at]) > order.length) continue;
    for (const arg of operands(defined(plan.ops[at]))) {
      if (isReplicated(defined(plan.ops[arg])))
        due[arg] = Math.min(defined(due[arg]), defined(due[at]));
    }
  }
  const before = Array.from({ length: order.length + 1 }, (): ValueId[] => []);
  plan.ops.forEach((op, at) => {
    if (isReplicated(op) && defined(due[at]) <= order.length)
      defined(before[defined(due[at])]).push(at);
  });
  return before.flatMap((given, place) => [...given, ...order.slice(place, place + 1)]);
}
