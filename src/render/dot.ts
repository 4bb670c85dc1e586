import { Graph } from '@dagrejs/graphlib';
import { arrivalDepths, depthOfNode } from '../ir/circuit-facts.ts';
import { type Circuit, liveNodes, type Node, type NodeId, nodeAt } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import type { Findings } from '../report/circuit-report.ts';
import { showNumber } from '../report/show-values.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { showShape } from '../tensor/tensor.ts';

interface DrawnNode {
  readonly label: string;
  readonly shape: string;
  readonly critical: boolean;
}

interface DrawnEdge {
  readonly critical: boolean;
}

/**
 * Draws the optimized circuit in Graphviz's language: operations with their depths, the critical
 * path in red.
 */
export function circuitToDot({ compilation }: Findings): string {
  const { optimized, checked } = compilation;
  return toDot(drawingOf(optimized.circuit), titleOf(checked.source));
}

function titleOf({ file }: Source): string {
  return file.split(/[\\/]/).at(-1) ?? file;
}

function drawingOf(circuit: Circuit): Graph {
  const graph = new Graph({ directed: true, multigraph: true });
  const depths = arrivalDepths(circuit);
  const live = liveNodes(circuit);
  const critical = criticalNodes(circuit, depths);
  for (const node of circuit.nodes) {
    if (!live[node.id]) continue;
    const depth = node.secrecy === 'cipher' ? `\ndepth ${depths[node.id]}` : '';
    const drawn: DrawnNode = {
      label: `${nameOf(node)} ${node.shape.length > 0 ? showShape(node.shape) : ''}`.trim() + depth,
      shape: depthOfNode(circuit, node) > 0 ? 'box' : node.args.length === 0 ? 'plain' : 'ellipse',
      critical: critical.has(node.id),
    };
    graph.setNode(`n${node.id}`, drawn);
    node.args.forEach((arg, i) => {
      const edge: DrawnEdge = { critical: critical.has(node.id) && critical.has(arg) };
      graph.setEdge(`n${arg}`, `n${node.id}`, edge, `${i}`);
    });
  }
  circuit.outputs.forEach(({ name, node }, i) => {
    const onPath = critical.has(node);
    graph.setNode(`o${i}`, { label: name, shape: 'doublecircle', critical: onPath });
    graph.setEdge(`n${node}`, `o${i}`, { critical: onPath });
  });
  return graph;
}

/** Returns the nodes of one deepest path. */
function criticalNodes(circuit: Circuit, depths: readonly number[]): ReadonlySet<NodeId> {
  const depth = (id: NodeId) => at(depths, id);
  const deeper = (a: NodeId, b: NodeId) => (depth(b) > depth(a) ? b : a);
  const path = new Set<NodeId>();
  let id = circuit.outputs.map(({ node }) => node).reduce(deeper);
  for (;;) {
    path.add(id);
    const { args } = nodeAt(circuit, id);
    if (args.length === 0) return path;
    id = args.reduce(deeper);
  }
}

/** Returns the label of a node. */
function nameOf({ op }: Node): string {
  switch (op.kind) {
    case 'input':
      return op.type.name;
    case 'const':
      return op.tensor.data.length === 1 ? showNumber(at(op.tensor.data, 0).value, 6) : 'const';
    case 'add':
      return '+';
    case 'sub':
    case 'neg':
      return '−';
    case 'mul':
      return '×';
    case 'pow':
      return `^${op.exponent}`;
    case 'rotate':
      return `rotate ${op.steps}`;
    default:
      return op.kind;
  }
}

function toDot(graph: Graph, title: string): string {
  const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
  const red = (critical: boolean) => (critical ? ', color=red, penwidth=2' : '');
  const nodes = graph.nodes().map((id) => {
    const { label, shape, critical } = graph.node(id) as DrawnNode;
    return `  ${id} [label=${quote(label)}, shape=${shape}${red(critical)}];`;
  });
  const edges = graph.edges().map((edge) => {
    const { critical } = graph.edge(edge) as DrawnEdge;
    const style = critical ? ' [color=red, penwidth=2]' : '';
    return `  ${edge.v} -> ${edge.w}${style};`;
  });
  const head = [`digraph ${quote(title)} {`, '  rankdir=LR;', '  node [fontname="sans-serif"];'];
  return `${[...head, ...nodes, ...edges, '}'].join('\n')}\n`;
}
