import type { CheckedProgram } from '../check/check.ts';
import { type LoopSite, type ProgramPoint, Walk, type WalkOptions } from '../check/interpret.ts';
import { type Algebra, TYPES_ONLY, type Value } from '../check/value.ts';
import {
  type Circuit,
  GraphBuilder,
  type LoopBody,
  type NodeId,
  type Output,
} from '../ir/graph.ts';
import type { Program } from '../syntax/ast.ts';
import { ONE } from '../tensor/exact.ts';

/**
 * The graph of a checked program: functions expanded, constants folded with constants, everything else
 * as written. Loops stay loops until a pass unrolls them.
 */
export function buildCircuit(checked: CheckedProgram): Circuit {
  const [circuit] = buildParts(checked);
  return circuit as Circuit;
}

/** What becomes of a wire where a program is cut, in the graph behind the cut. */
export type Carry = (
  name: string,
  wire: NodeId,
  before: GraphBuilder,
  after: GraphBuilder,
) => NodeId;

/**
 * The graphs of a program that is cut at points: each has the outputs that are declared in it.
 *
 * @param cut told of every point, in order; what carries values across, where the program is cut there
 */
export function buildParts(
  checked: CheckedProgram,
  cut?: (point: ProgramPoint) => Carry | undefined,
): readonly Circuit[] {
  let builder = new GraphBuilder({ interning: false });
  const graphs = [{ builder, outputs: 0 }];
  const walk = new Walk<NodeId>({
    ...walkOptions(checked.program, () => builder),
    defines: checked.defines,
    // What is clear behind a loop is computed anew behind a cut, out of single operations.
    loop: (site) =>
      cut && givesClear(checked, site) ? undefined : keepLoop(checked, builder, site),
    point: (point) => {
      const carry = cut?.(point);
      if (!carry) return undefined;
      return (outputs) => {
        const before = builder;
        const after = new GraphBuilder({ interning: false });
        builder = after;
        graphs.push({ builder, outputs: outputs.size });
        return (name, wire) => carry(name, wire, before, after);
      };
    },
  });
  const { inputs, outputs } = walk.run();
  return graphs.map((graph, i) => {
    const own = [...outputs].slice(graph.outputs, graphs[i + 1]?.outputs);
    const wired: Output[] = own.map(([name, value]) => ({
      name,
      node: value.kind === 'wire' ? value.wire : graph.builder.constant(value.tensor),
      factor: ONE,
    }));
    return graph.builder.finish(inputs, wired);
  });
}

/**
 * Makes the nodes of all iterations of a loop; returns the loop's results in order. `wire` gives the
 * node, in the builder's graph, of each wire that the loop's body can see.
 *
 * @param block what the loop carries passes a barrier after each so many iterations; where not given, never
 */
export function expandLoop(
  builder: GraphBuilder,
  body: LoopBody,
  wire: (old: NodeId) => NodeId,
  block?: number,
): readonly NodeId[] {
  const carried =
    block === undefined
      ? {}
      : { carried: { every: block, wrap: (id: NodeId) => wrap(builder, id) } };
  const walk = new Walk<NodeId>({ ...walkOptions(body.program, () => builder), ...carried });
  const after = walk.runLoop(mapSite(body.site, wire));
  return body.results.map((name) => wireOf(after.get(name)));
}

/** A barrier behind a ciphertext; what is clear costs nothing on either side of it. */
function wrap(builder: GraphBuilder, id: NodeId): NodeId {
  return builder.node(id).secrecy === 'cipher' ? builder.barrier(id) : id;
}

function wireOf(value: Value<NodeId> | undefined): NodeId {
  if (value?.kind !== 'wire') throw new Error('a loop result is not a wire');
  return value.wire;
}

function walkOptions(program: Program, builder: () => GraphBuilder): WalkOptions<NodeId> {
  const algebra: Algebra<NodeId> = {
    input: (type) => builder().input(type),
    constant: (tensor) => builder().constant(tensor),
    apply: (op, args) => builder().apply(op, args),
  };
  return {
    program,
    algebra,
    defines: new Map(),
    report: (diagnostic) => {
      throw new Error(`a checked program was refused: ${diagnostic.message}`);
    },
    locate: (span, iterations) => builder().at({ span, iterations }),
  };
}

/**
 * Walks the loop for its types alone; what is constant after it is known at once, the rest become
 * results of one loop node.
 */
function keepLoop(
  checked: CheckedProgram,
  builder: GraphBuilder,
  site: LoopSite<NodeId>,
): ReadonlyMap<string, Value<NodeId> | undefined> {
  const types = typesAfter(checked, site);
  const results = [...types].flatMap(([name, type]) => (type?.kind === 'wire' ? [name] : []));
  const loop = builder
    .at({ span: site.stmt.span, iterations: [] })
    .loop({ program: checked.program, site, results }, loopWires(checked.program, site));
  const after = new Map<string, Value<NodeId> | undefined>();
  for (const [name, type] of types) {
    if (type?.kind !== 'wire') after.set(name, type);
    else {
      const wire = builder.result(loop, results.indexOf(name), type.shape, type.secrecy);
      after.set(name, { ...type, wire });
    }
  }
  return after;
}

function givesClear(checked: CheckedProgram, site: LoopSite<NodeId>): boolean {
  return [...typesAfter(checked, site).values()].some(
    (type) => type?.kind === 'wire' && type.secrecy === 'plain',
  );
}

function typesAfter(checked: CheckedProgram, site: LoopSite<NodeId>) {
  const typed = mapSite(site, () => undefined);
  const walk = new Walk<undefined>({
    program: checked.program,
    algebra: TYPES_ONLY,
    defines: new Map(),
    report: (diagnostic) => {
      throw new Error(`a checked loop was refused: ${diagnostic.message}`);
    },
  });
  return walk.runLoop(typed);
}

/** The wires that a loop's body can read, in functions too, each once. */
function loopWires(program: Program, site: LoopSite<NodeId>): readonly NodeId[] {
  const functions = program.items.filter(({ kind }) => kind === 'fn');
  const read = identifiersIn([site.stmt.body, functions]);
  const wires = new Set<NodeId>();
  for (const names of [site.globals, site.locals ?? new Map()]) {
    for (const [name, value] of names)
      if (value?.kind === 'wire' && read.has(name)) wires.add(value.wire);
  }
  return [...wires];
}

/** Everything in some syntax that is called by a name. */
function identifiersIn(syntax: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof syntax !== 'object' || syntax === null) return found;
  for (const [key, value] of Object.entries(syntax)) {
    if (key === 'name' && typeof value === 'string') found.add(value);
    else identifiersIn(value, found);
  }
  return found;
}

/** The same site with every wire replaced. */
function mapSite<A, B>(site: LoopSite<A>, replace: (wire: A) => B): LoopSite<B> {
  const values = (names: ReadonlyMap<string, Value<A> | undefined>) =>
    new Map(
      [...names].map(([name, value]): [string, Value<B> | undefined] => [
        name,
        value?.kind === 'wire' ? { ...value, wire: replace(value.wire) } : value,
      ]),
    );
  return { ...site, globals: values(site.globals), locals: site.locals && values(site.locals) };
}
