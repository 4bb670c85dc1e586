import { Arrivals } from '../ir/arrival.ts';
import {
  type Circuit,
  GraphBuilder,
  liveNodes,
  type Node,
  type NodeId,
  useCounts,
} from '../ir/graph.ts';
import { fromNumber } from '../tensor/exact.ts';
import { elementwiseProduct } from '../tensor/op.ts';
import { sameShape, scalar } from '../tensor/tensor.ts';
import { compact, copyNode, type Pass, type PassContext, rewrite } from './pass.ts';

/**
 * Scan: a chain of affine steps x ← a·x + b is a parallel prefix. Steps compose to steps,
 *
 *     a₂(a₁x + b₁) + b₂ = (a₂a₁)x + (a₂b₁ + b₂)
 *
 * and composition is associative, so n steps take ⌈log2(n + 1)⌉ multiplications in depth in place of n,
 * and at most 2n of them (R. E. Ladner and M. J. Fischer, "Parallel prefix computation", 1980). Horner's
 * rule is the case a = x.
 *
 * A chain is the path of latest operands from a node downwards, as long as the other operands are there
 * early: at or before some level τ, where the chain's own nodes are later than τ. What is early cannot
 * depend on what is late, so coefficients never depend on the chain, and the identity applies. Values
 * inside the chain that something else uses are left where they are. It fires where the end of the chain
 * comes earlier than before, for the τ for which it comes earliest.
 */
export const scan: Pass = {
  name: 'scan',
  summary: 'turn recurrences x = a*x + b into parallel prefixes',
  run(circuit, context) {
    const scanner = new Scanner(circuit, context);
    const scanned = compact(scanner.run());
    return {
      circuit: scanned,
      ...(scanner.exhausted ? { stopped: 'limit on composed steps reached' } : {}),
    };
  },
};

const MINUS_ONE = scalar(fromNumber(-1));
/** Levels up to which coefficients of a chain may come. */
const THRESHOLDS = [0, 1, 2, 3, 4, 5, 6, 8] as const;
/** Keeps chains whose every value is wanted from costing the square of their length. */
const STEPS_PER_NODE = 8;
/** Steps below which balancing does as well. */
const SHORTEST = 3;

/** x ↦ factor·x + term; what is undefined is 1 or 0. */
interface Step {
  readonly factor: NodeId | undefined;
  readonly term: NodeId | undefined;
}

interface Chain {
  /** First step first. */
  readonly steps: readonly Step[];
  readonly start: NodeId;
}

class Scanner {
  readonly #circuit: Circuit;
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #inner: readonly boolean[];
  /** Steps that may still be composed. */
  #budget: number;

  constructor(circuit: Circuit, context: PassContext) {
    this.#circuit = circuit;
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#inner = chainInteriors(circuit, context);
    this.#budget = STEPS_PER_NODE * circuit.nodes.length + 1_000;
  }

  run(): Circuit {
    const make = (node: Node, args: readonly NodeId[]) => {
      const copied = copyNode(node, args, this.#builder);
      return this.#inner[node.id] ? copied : this.#hastened(copied);
    };
    return rewrite(this.#circuit, liveNodes(this.#circuit), make, this.#builder);
  }

  get exhausted(): boolean {
    return this.#budget < 0;
  }

  /** The end of a chain as a prefix, if that comes earlier. */
  #hastened(end: NodeId): NodeId {
    let best = end;
    for (const threshold of THRESHOLDS) {
      if (threshold >= this.#level(best)) break;
      const chain = this.#chainTo(end, threshold);
      if (chain.steps.length < SHORTEST) continue;
      if (this.#predictedLevel(chain) >= this.#level(best)) continue;
      this.#budget -= chain.steps.length;
      if (this.#budget < 0) return best;
      const candidate = this.#compose(chain);
      if (this.#level(candidate) < this.#level(best)) best = candidate;
    }
    return best;
  }

  #level(id: NodeId): number {
    return this.#arrivals.of(id).level;
  }

  /** No chain is there before its coefficients have been multiplied once for each halving. */
  #predictedLevel({ steps, start }: Chain): number {
    const multiplications = steps.filter((step) => step.factor !== undefined).length;
    return Math.max(this.#level(start), Math.ceil(Math.log2(multiplications + 1)));
  }

  #chainTo(end: NodeId, threshold: number): Chain {
    const steps: Step[] = [];
    let at = end;
    while (this.#level(at) > threshold) {
      const step = this.#stepAt(at, threshold);
      if (!step) break;
      steps.push(step.step);
      at = step.from;
    }
    return { steps: steps.reverse(), start: at };
  }

  /** The step that leads to a node from its latest operand, if the other operand is early. */
  #stepAt(
    id: NodeId,
    threshold: number,
  ): { readonly step: Step; readonly from: NodeId } | undefined {
    const node = this.#builder.node(id);
    const [a, b] = node.args as [NodeId, NodeId];
    if (node.secrecy !== 'cipher' || !isElementwise(node)) return undefined;
    if (node.op.kind === 'neg') return { step: this.#negation(), from: a };
    const [late, early] = this.#level(a) >= this.#level(b) ? [a, b] : [b, a];
    if (this.#level(early) > threshold || !sameShape(this.#builder.node(late).shape, node.shape))
      return undefined;
    if (node.op.kind === 'mul') return { step: { factor: early, term: undefined }, from: late };
    if (!sameShape(this.#builder.node(early).shape, node.shape)) return undefined;
    if (node.op.kind === 'add') return { step: { factor: undefined, term: early }, from: late };
    return late === a
      ? {
          step: { factor: undefined, term: this.#builder.apply({ kind: 'neg' }, [early]) },
          from: late,
        }
      : { step: { factor: this.#negation().factor, term: early }, from: late };
  }

  #negation(): Step {
    return { factor: this.#builder.constant(MINUS_ONE), term: undefined };
  }

  /** The chain's end: the steps after the first as one step, applied to what the first ones give. */
  #compose({ steps, start }: Chain): NodeId {
    const merged = this.#mergeSteps(steps);
    const [first, ...rest] = merged as [Step, ...Step[]];
    const begin: Step =
      first.factor === undefined
        ? { ...first, term: this.#sum(start, first.term) }
        : { factor: undefined, term: start };
    const sequence = first.factor === undefined ? [begin, ...rest] : [begin, ...merged];
    return new Prefix(this.#builder, sequence).term(0, sequence.length) as NodeId;
  }

  /** Steps without a factor of their own joined to the one before, so that each is one multiplication. */
  #mergeSteps(steps: readonly Step[]): readonly Step[] {
    const merged: Step[] = [];
    for (const step of steps) {
      const last = merged.at(-1);
      if (last && step.factor === undefined) {
        merged[merged.length - 1] = { factor: last.factor, term: this.#sum(last.term, step.term) };
      } else merged.push(step);
    }
    return merged;
  }

  #sum(a: NodeId | undefined, b: NodeId | undefined): NodeId | undefined {
    if (a === undefined || b === undefined) return a ?? b;
    return this.#builder.apply({ kind: 'add' }, [a, b]);
  }
}

/** Factors and terms of ranges of steps, each computed once. */
class Prefix {
  readonly #builder: GraphBuilder;
  readonly #steps: readonly Step[];
  readonly #factors = new Map<string, NodeId>();

  constructor(builder: GraphBuilder, steps: readonly Step[]) {
    this.#builder = builder;
    this.#steps = steps;
  }

  /** What the steps of [from, to) make of 0; undefined for 0. */
  term(from: number, to: number): NodeId | undefined {
    if (to - from === 1) return this.#steps[from]?.term;
    const middle = split(from, to);
    const [early, late] = [this.term(from, middle), this.term(middle, to)];
    if (early === undefined) return late;
    const carried = this.#multiply(this.#factor(middle, to), early);
    return late === undefined ? carried : this.#builder.apply({ kind: 'add' }, [carried, late]);
  }

  #factor(from: number, to: number): NodeId | undefined {
    if (to - from === 1) return this.#steps[from]?.factor;
    const key = `${from}-${to}`;
    const known = this.#factors.get(key);
    if (known !== undefined) return known;
    const middle = split(from, to);
    const product = this.#multiply(this.#factor(middle, to), this.#factor(from, middle) as NodeId);
    this.#factors.set(key, product);
    return product;
  }

  #multiply(factor: NodeId | undefined, value: NodeId): NodeId {
    if (factor === undefined) return value;
    const [a, b] = [this.#builder.node(factor), this.#builder.node(value)];
    return this.#builder.apply(elementwiseProduct(a.shape, b.shape), [factor, value]);
  }
}

/** The later part has a power of two of steps, so that equal factors have equal powers. */
function split(from: number, to: number): number {
  return to - 2 ** Math.ceil(Math.log2(to - from) - 1);
}

function isElementwise({ op }: Node): boolean {
  if (op.kind === 'add' || op.kind === 'sub' || op.kind === 'neg') return true;
  return op.kind === 'mul' && [...op.lhs, ...op.rhs].every((label) => label < op.rank);
}

/** Nodes whose only user goes on with the same chain: they need no look of their own. */
function chainInteriors(circuit: Circuit, context: PassContext): readonly boolean[] {
  const arrivals = new Arrivals((id) => circuit.nodes[id] as Node, context);
  const uses = useCounts(circuit);
  const inner = new Array<boolean>(circuit.nodes.length).fill(false);
  const latestEarly = THRESHOLDS.at(-1) as number;
  for (const node of circuit.nodes) {
    if (node.secrecy !== 'cipher' || !isElementwise(node)) continue;
    const levels = node.args.map((arg) => arrivals.of(arg).level);
    const late = levels.indexOf(Math.max(...levels));
    const goesOn = levels.every((level, side) => side === late || level <= latestEarly);
    const arg = node.args[late] as NodeId;
    if (goesOn && uses[arg] === 1) inner[arg] = true;
  }
  return inner;
}
