import { type Circuit, type Node, useCounts } from '../ir/graph.ts';
import { latestLevels } from '../ir/latest-levels.ts';
import { at } from '../lookup.ts';
import type { Constant } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { type Shape, sameShape } from '../tensor/tensor.ts';

/**
 * Returns a function that decides whether the client uploads a product of a constant and an input:
 * it does if no other node needs the input unscaled, or if computing the product would delay an
 * output.
 */
export function scaledUploadChoice(circuit: Circuit): (node: Node) => boolean {
  const uses = useCounts(circuit);
  const latest = latestLevels(circuit, { scaledUploads: true });
  return (node) => {
    const isOnlyUse = node.args.every(
      (arg) => uses[arg] === 1 || circuit.nodes[arg]?.secrecy === 'const',
    );
    return isOnlyUse || at(latest, node.id) < 1;
  };
}

/**
 * Returns the product of an upload's factors; undefined unless each is one number or has the shape
 * of the upload.
 */
export function combineFactors(
  constant: Constant,
  factor: Constant | undefined,
  shape: Shape,
): Constant | undefined {
  const suits = (c: Constant) => c.shape.length === 0 || sameShape(c.shape, shape);
  if (!suits(constant)) return undefined;
  if (!factor) return constant;
  if (!suits(factor)) return undefined;
  const [small, large] =
    constant.data.length < factor.data.length ? [constant, factor] : [factor, constant];
  const data = large.data.map((x, i) => exact.multiply(x, small.data[i] ?? at(small.data, 0)));
  return { shape: large.shape, data };
}
