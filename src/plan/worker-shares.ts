import { defined } from '../lookup.ts';
import type { ValueId } from './index-space.ts';
import { operands } from './liveness.ts';
import { isClear } from './operations.ts';
import type { Plan, PlanOp } from './plan.ts';

/** One worker's share of a plan's operations, and the results that it sends to others. */
export interface Share {
  /**
   * Operations in order, including the uploads and clear values that they read. All other
   * ciphertexts that they read come from other workers.
   */
  readonly ops: readonly ValueId[];
  /** The workers that receive each result, ascending, by operation. */
  readonly recipients: ReadonlyMap<ValueId, readonly number[]>;
  /** The values of the plan's outputs that this worker computes. */
  readonly outputs: readonly ValueId[];
}

/** Whether every worker that reads a value has it itself: it is an upload or a clear value. */
export function isReplicated(op: PlanOp): boolean {
  return op.op === 'upload' || isClear(op);
}

/** Returns the whole plan as the share of a single worker, in the plan's own order. */
export function wholePlan(plan: Plan): Share {
  return {
    ops: plan.ops.map((_, at) => at),
    recipients: new Map(),
    outputs: outputValues(plan),
  };
}

/**
 * Divides a plan into a share for each worker. Replicated values ({@link isReplicated}) are in
 * every share that reads them, right before the first operation that does; the first worker takes
 * those that no operation reads.
 *
 * @param orders each worker's operations on ciphertexts, in order; together all of the plan's
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
    return {
      ops: withReplicated(plan, order, ends),
      recipients: defined(recipients[worker]),
      outputs,
    };
  });
}

function outputValues(plan: Plan): readonly ValueId[] {
  return [...new Set(plan.outputs.map(({ value }) => value))];
}

/**
 * Returns unread replicated values that are not outputs: computing them can fail, so they are run.
 */
function unreadValues(plan: Plan): readonly ValueId[] {
  const read = new Set(outputValues(plan));
  for (const op of plan.ops) for (const arg of operands(op)) read.add(arg);
  return plan.ops.flatMap((op, at) => (isReplicated(op) && !read.has(at) ? [at] : []));
}

/** Returns for each worker the recipients of its results. */
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

/** Returns an order with the replicated values that it needs, each right before its first use. */
function withReplicated(
  plan: Plan,
  order: readonly ValueId[],
  ends: readonly ValueId[],
): readonly ValueId[] {
  const firstUse = new Int32Array(plan.ops.length).fill(order.length + 1);
  order.forEach((at, position) => {
    firstUse[at] = position;
  });
  for (const at of ends) firstUse[at] = Math.min(defined(firstUse[at]), order.length);
  for (let at = plan.ops.length - 1; at >= 0; at--) {
    if (defined(firstUse[at]) > order.length) continue;
    for (const arg of operands(defined(plan.ops[at]))) {
      if (isReplicated(defined(plan.ops[arg])))
        firstUse[arg] = Math.min(defined(firstUse[arg]), defined(firstUse[at]));
    }
  }
  const before = Array.from({ length: order.length + 1 }, (): ValueId[] => []);
  plan.ops.forEach((op, at) => {
    if (isReplicated(op) && defined(firstUse[at]) <= order.length)
      defined(before[defined(firstUse[at])]).push(at);
  });
  return before.flatMap((values, position) => [...values, ...order.slice(position, position + 1)]);
}
