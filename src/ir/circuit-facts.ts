import { at, defined } from '../lookup.ts';
import type { Circuit, Node } from './graph.ts';

/**
 * Facts about a circuit, before packing: what an author sees in the text. A power counts
 * as the left-to-right multiplications that the contract defines it to be.
 */
export interface CircuitFacts {
  /** Ciphertext multiplications on the longest path. */
  readonly depth: number;
  /** Ciphertext multiplications. */
  readonly muls: number;
  /** Most ciphertext multiplications of one depth, each as soon as possible. */
  readonly width: number;
  readonly nodes: number;
}

/** Whether a node multiplies ciphertext by ciphertext, and how often in a row. */
export function depthOfNode(circuit: Circuit, node: Node): number {
  if (node.secrecy !== 'cipher') return 0;
  if (node.kind === 'pow') return node.op.exponent - 1;
  return node.kind === 'mul' && node.args.every((arg) => circuit.nodes[arg]?.secrecy === 'cipher')
    ? 1
    : 0;
}

/** Depth at which each node is available: ciphertext multiplications on the longest path to it. */
export function arrivalDepths(circuit: Circuit): readonly number[] {
  const depths = new Array<number>(circuit.nodes.length);
  for (const node of circuit.nodes) {
    let latest = 0;
    for (const arg of node.args) latest = Math.max(latest, defined(depths[arg]));
    depths[node.id] = latest + depthOfNode(circuit, node);
  }
  return depths;
}

/** Depth, multiplications and size of a circuit, in one pass over its nodes. */
export function circuitFacts(circuit: Circuit): CircuitFacts {
  const depths = arrivalDepths(circuit);
  return {
    depth: Math.max(0, ...circuit.outputs.map(({ node }) => at(depths, node))),
    muls: circuit.nodes.reduce((sum, node) => sum + depthOfNode(circuit, node), 0),
    width: widthOf(circuit, depths),
    nodes: circuit.nodes.length,
  };
}

/** The largest sum of what nodes add at a depth and take back behind it. */
function widthOf(circuit: Circuit, depths: readonly number[]): number {
  const changes = new Map<number, number>();
  const change = (depth: number, by: number) => changes.set(depth, (changes.get(depth) ?? 0) + by);
  for (const node of circuit.nodes) {
    const muls = depthOfNode(circuit, node);
    if (muls === 0) continue;
    const depth = at(depths, node.id);
    change(depth - muls + 1, 1);
    change(depth + 1, -1);
  }
  let [width, running] = [0, 0];
  for (const [, by] of [...changes].sort(([a], [b]) => a - b)) {
    running += by;
    width = Math.max(width, running);
  }
  return width;
}
