import { at, defined, largestOf } from '../lookup.ts';
import type { Circuit, Node } from './graph.ts';

/**
 * Facts about a circuit before packing, as its author sees it in the text. A power x^n counts as n
 * − 1 multiplications in a row, which is how the source form defines it.
 */
export interface CircuitFacts {
  /** Ciphertext multiplications on the longest path. */
  readonly depth: number;
  /** Ciphertext multiplications. */
  readonly muls: number;
  /**
   * The largest number of ciphertext multiplications of the same depth, each computed as early as
   * possible.
   */
  readonly width: number;
  readonly nodes: number;
}

/** Returns how many multiplications of ciphertext by ciphertext a node does in a row: 0 if none. */
export function depthOfNode(circuit: Circuit, node: Node): number {
  if (node.secrecy !== 'cipher') return 0;
  if (node.kind === 'pow') return node.op.exponent - 1;
  return node.kind === 'mul' && node.args.every((arg) => circuit.nodes[arg]?.secrecy === 'cipher')
    ? 1
    : 0;
}

/** Returns the depth of each node: ciphertext multiplications on the longest path to it. */
export function arrivalDepths(circuit: Circuit): readonly number[] {
  const depths = new Array<number>(circuit.nodes.length);
  for (const node of circuit.nodes) {
    let latest = 0;
    for (const arg of node.args) latest = Math.max(latest, defined(depths[arg]));
    depths[node.id] = latest + depthOfNode(circuit, node);
  }
  return depths;
}

/** Counts the depth, multiplications, width and nodes of a circuit. */
export function circuitFacts(circuit: Circuit): CircuitFacts {
  const depths = arrivalDepths(circuit);
  return {
    depth: Math.max(0, largestOf(circuit.outputs.map(({ node }) => at(depths, node)))),
    muls: circuit.nodes.reduce((sum, node) => sum + depthOfNode(circuit, node), 0),
    width: widthOf(circuit, depths),
    nodes: circuit.nodes.length,
  };
}

/**
 * Returns the largest number of multiplications that any depth has. Each node adds 1 at its first
 * depth and takes it back after its last, so the running sum is the number at a depth.
 */
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
