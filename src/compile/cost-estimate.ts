import { type ArrivalRules, arrivalsIn, outputArrival } from '../ir/arrival.ts';
import { circuitFacts } from '../ir/circuit-facts.ts';
import { type Circuit, liveNodes, nodeAt } from '../ir/graph.ts';
import { bitsFor } from '../packing/layout.ts';
import { divide } from '../packing/precompute.ts';
import { MAX_SLOTS } from '../packing/slots-needed.ts';
import { labelExtents } from '../tensor/op.ts';
import type { Shape } from '../tensor/tensor.ts';
import { operationTime, ringDegree } from './rough-time.ts';

/** The estimated cost of a circuit before packing. */
export interface Estimate {
  /** Rescalings on the longest path. Packing may add masks, which take more. */
  readonly level: number;
  /** Ciphertext multiplications on the longest path. */
  readonly depth: number;
  /** Estimated evaluation time, in the arbitrary unit of {@link roughTime}. */
  readonly time: number;
}

/** Base-2 logarithm of the slots of the largest ciphertext. */
const SLOT_BITS = Math.log2(MAX_SLOTS);

/**
 * Estimates the cost of a circuit, to choose which circuits are worth packing. Counts every
 * operation at its level, on as many ciphertexts as its tensors fill, with one rotation for each
 * bit of the index along a summed axis.
 */
export function estimateCost(whole: Circuit, rules: ArrivalRules, precisionBits: number): Estimate {
  const { circuit } = divide(whole, rules);
  const evaluated = { scaledUploads: rules.scaledUploads };
  const arrivals = arrivalsIn(circuit, evaluated);
  const { level } = outputArrival(circuit, evaluated);
  const live = liveNodes(circuit);
  let time = 0;
  for (const node of circuit.nodes) {
    if (!live[node.id] || node.secrecy !== 'cipher') continue;
    // The level of the ciphertexts that the operation computes on.
    const left = Math.max(0, level - arrivals.of(node.id).level);
    const results = ciphertexts(node.shape);
    switch (node.kind) {
      case 'input':
        time += operationTime('upload', left) * results;
        break;
      case 'mul': {
        const [a, b] = [nodeAt(circuit, node.args[0]), nodeAt(circuit, node.args[1])];
        const grid = labelExtents(node.op, [a.shape, b.shape]);
        const terms = ciphertexts(grid);
        time += operationTime('mul', left + 1) * terms + operationTime('rescale', left) * results;
        if (a.secrecy === 'cipher' && b.secrecy === 'cipher')
          time += operationTime('relinearize', left + 1) * results;
        time += operationTime('rotate', left) * summedBits(grid, node.op.rank) * results;
        break;
      }
      case 'sum': {
        const { shape } = nodeAt(circuit, node.args[0]);
        const bits = bitsOf(shape) - bitsOf(node.shape);
        time += operationTime('rotate', left) * Math.min(bits, SLOT_BITS) * results;
        break;
      }
      default:
        time += operationTime('add', left) * results;
    }
  }
  return {
    level,
    depth: circuitFacts(circuit).depth,
    time: time * ringDegree(level, 0, precisionBits),
  };
}

function bitsOf(shape: Shape): number {
  return shape.reduce((sum, extent) => sum + bitsFor(extent), 0);
}

function ciphertexts(shape: Shape): number {
  return 2 ** Math.max(0, bitsOf(shape) - SLOT_BITS);
}

/** Returns the index bits of summed labels that lie in the slots of one ciphertext. */
function summedBits(grid: Shape, rank: number): number {
  const across = Math.max(0, bitsOf(grid) - SLOT_BITS);
  return Math.max(0, bitsOf(grid.slice(rank)) - across);
}
