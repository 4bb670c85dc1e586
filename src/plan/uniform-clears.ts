import { isClear } from './operations.ts';
import type { ClearOp, PlanOp, SlotData, SlotMap } from './plan.ts';
import { filledSlots } from './slot-maps.ts';

/**
 * Returns for each of a plan's operations whether its clear value is known to be the same number in
 * all slots for all inputs: 1 or 0. Such values are encoded cheaply.
 */
export function uniformClears(plan: {
  readonly ops: readonly PlanOp[];
  readonly slots: number;
}): Uint8Array {
  const uniform = new Uint8Array(plan.ops.length);
  plan.ops.forEach((op, at) => {
    if (isClear(op)) uniform[at] = Number(isUniform(op, plan.slots, uniform));
  });
  return uniform;
}

function isUniform(op: ClearOp, slots: number, uniform: Uint8Array): boolean {
  switch (op.op) {
    case 'const':
      return isUniformData(op.data, slots);
    case 'plainInput':
      return spreadsOne(op.map, slots);
    case 'clearInverse':
      // Slots outside the map are 0, which is not an inverse.
      return uniform[op.args[0]] === 1 && fillsAll(op.map, slots);
    case 'clearAdd':
    case 'clearSub':
    case 'clearMul':
    case 'clearNegate':
    case 'clearRotate':
      return op.args.every((arg) => uniform[arg] === 1);
  }
}

function isUniformData(data: SlotData, slots: number): boolean {
  if (typeof data === 'number') return true;
  // The slots after the data are 0.
  const all = data.length < slots ? 0 : data[0];
  return data.every((x) => x === all);
}

function spreadsOne(map: SlotMap, slots: number): boolean {
  return map.sizes.every((size) => size === 1) && fillsAll(map, slots);
}

function fillsAll(map: SlotMap, slots: number): boolean {
  return new Set(filledSlots(map)).size === slots;
}
