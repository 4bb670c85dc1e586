import { depthOfNode } from '../ir/analysis.ts';
import { Arrivals, isFreeFactor, isUploadFactor } from '../ir/arrival.ts';
import { type Circuit, GraphBuilder, liveNodes, type Node, type NodeId } from '../ir/graph.ts';
import { sampledMagnitudes } from '../ir/magnitudes.ts';
import { uniformValue } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { elementwiseProduct } from '../tensor/op.ts';
import { sameShape, scalar } from '../tensor/tensor.ts';
import { addClear, constantAt, mulClear, negateClear, spreadClear } from './clear-values.ts';
import {
  compact,
  copyNode,
  type Pass,
  type PassContext,
  type PassResult,
  rewrite,
} from './pass.ts';
import {
  type Deadline,
  earliestLevel,
  leastDepth,
  type PolynomialShape,
  type PowerStep,
  type Scheme,
  shareSchemes,
} from './paterson-stockmeyer.ts';

/**
 * Polynomials: values that are polynomials in one ciphertext with clear coefficients are computed from
 * shared powers of it, whichever way they were written, by Horner's rule, by powers or by parts:
 *
 *     ((c3*x + c2)*x + c1)*x + c0  =  (c3*x + c2)*x² + (c1*x + c0)
 *
 * Depth is ⌈log2 degree⌉ and about 2√degree multiplications are enough (see paterson-stockmeyer.ts); all
 * polynomials of one argument share their powers. Zero coefficients are left out, so odd and even
 * polynomials take about √(2·degree).
 *
 * The argument is the ciphertext from which a value is computed by additions and products with clear values
 * and each other alone. Safe because collecting coefficients is an identity over every commutative ring;
 * constants are exact. It fires where a circuit's output comes earlier, or no later for fewer multiplications.
 * Coefficients of what was written as a composition can be huge and cancel: the pass lets the terms of a
 * polynomial be larger than the values of what it replaces by a limited factor only.
 */
export const polynomials: Pass = {
  name: 'polynomials',
  summary: 'evaluate polynomials of one argument from shared powers',
  run: (circuit, context) => new Polynomials(circuit, context).run(),
};

/** Polynomials of higher degree are left as they are. */
const MAX_DEGREE = 1024;
/** Coefficients that all polynomials of a circuit may have together, while they are collected; 1 kB each. */
const MAX_TERMS = 500_000;
/** A value is an argument of its own if so many products have it as a factor. */
const MANY_FACTORS = 3;
/** How much larger the terms of a polynomial may be than the values of what it replaces: ten bits. */
const MAX_GROWTH = 2 ** 10;
/** Levels from an argument on beyond which it does not matter how late a polynomial comes. */
const MAX_LEVEL = 60;

const ONE = scalar(exact.ONE);

/** What is known of a value as a polynomial of its argument. */
interface Form {
  readonly argument: NodeId;
  readonly degree: number;
  /** Whether it is one power times a clear value. */
  readonly isMonomial: boolean;
}

/** A value as a polynomial of its operands' argument, if it is one, and as those that use it see it. */
interface Forms {
  readonly inner: readonly (Form | undefined)[];
  readonly outer: readonly (Form | undefined)[];
}

/** A clear value, scalar or of the polynomial's shape, and its largest magnitude. */
interface Coefficient {
  readonly node: NodeId;
  readonly magnitude: number;
}

/** Coefficients by exponent; absent for zero. */
type Coefficients = ReadonlyMap<number, Coefficient>;

/** Polynomials of one argument. */
interface Group {
  readonly argument: NodeId;
  readonly roots: readonly Root[];
  /** Ciphertext multiplications that computing them takes as they are. */
  readonly muls: number;
}

interface Root {
  readonly node: NodeId;
  readonly coefficients: Coefficients;
  readonly shape: PolynomialShape;
  /** Levels and multiplications from the argument on, at least. */
  readonly earliest: number;
  readonly depth: number;
}

class Polynomials {
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #context: PassContext;
  readonly #circuit: Circuit;
  readonly #forms: Forms;
  readonly #magnitudes: Float64Array;
  /** Largest magnitude of the values of each argument's family. */
  readonly #familySizes = new Map<NodeId, number>();
  readonly #groupOf = new Map<NodeId, Group>();
  /** What each node of the circuit has become. */
  readonly #resolved: NodeId[] = [];
  readonly #collected = new Map<NodeId, Coefficients | undefined>();
  #terms = 0;

  constructor(circuit: Circuit, context: PassContext) {
    this.#context = context;
    // A copy in the builder, which coefficients can refer to and which does not grow with it.
    const { nodes, origins, ...rest } = rewrite(
      circuit,
      liveNodes(circuit),
      copyNode,
      this.#builder,
    );
    this.#circuit = { nodes: [...nodes], origins: [...origins], ...rest };
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#forms = formsOf(this.#circuit);
    this.#magnitudes = sampledMagnitudes(this.#circuit);
    this.#forms.inner.forEach((form, id) => {
      if (!form) return;
      const before = this.#familySizes.get(form.argument) ?? 1;
      this.#familySizes.set(form.argument, Math.max(before, this.#magnitudes[id] as number));
    });
  }

  run(): PassResult {
    this.#findGroups();
    const required = this.#requiredLevels();
    const planned = new Map<Group, ReadonlyMap<NodeId, NodeId> | undefined>();
    for (const node of this.#circuit.nodes) {
      const group = this.#groupOf.get(node.id);
      this.#builder.at(this.#circuit.origins[node.id]);
      const args = node.args.map((arg) => this.#resolved[arg] as NodeId);
      const copied = copyNode(node, args, this.#builder);
      this.#resolved[node.id] = copied;
      if (!group) continue;
      if (!planned.has(group)) planned.set(group, this.#plan(group, required));
      this.#resolved[node.id] = planned.get(group)?.get(node.id) ?? copied;
    }
    const outputs = this.#circuit.outputs.map(({ name, node }) => ({
      name,
      node: this.#resolved[node] as NodeId,
    }));
    return {
      circuit: compact(this.#builder.finish(this.#circuit.inputs, outputs)),
      work: this.#terms,
      ...(this.#terms > MAX_TERMS ? { stopped: 'limit on coefficients reached' } : {}),
    };
  }

  /** Every polynomial that something other than a polynomial of its argument uses. */
  #findGroups(): void {
    const isRoot = rootNodes(this.#circuit, this.#forms);
    const roots = new Map<NodeId, Root[]>();
    const kept = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    for (const { id } of this.#circuit.nodes) {
      const form = this.#forms.inner[id];
      if (!form || !isRoot[id]) continue;
      const root = this.#rootAt(id, form);
      if (root) roots.set(form.argument, [...(roots.get(form.argument) ?? []), root]);
      else kept[id] = true;
    }
    const muls = this.#replaceableMuls(kept);
    for (const [argument, members] of roots) {
      const group = { argument, roots: members, muls: muls.get(argument) ?? 0 };
      for (const { node } of members) this.#groupOf.set(node, group);
    }
  }

  /** Ciphertext multiplications by argument, without those that values which stay depend on. */
  #replaceableMuls(kept: boolean[]): ReadonlyMap<NodeId, number> {
    const muls = new Map<NodeId, number>();
    for (const node of [...this.#circuit.nodes].reverse()) {
      const form = this.#forms.inner[node.id];
      if (!form) continue;
      if (kept[node.id]) {
        for (const arg of node.args)
          if (this.#forms.inner[arg]?.argument === form.argument) kept[arg] = true;
      } else {
        const count = depthOfNode(this.#circuit, node);
        muls.set(form.argument, (muls.get(form.argument) ?? 0) + count);
      }
    }
    return muls;
  }

  #rootAt(node: NodeId, form: Form): Root | undefined {
    const coefficients = this.#coefficients(node, form.argument);
    if (!coefficients) return undefined;
    const degree = Math.max(0, ...coefficients.keys());
    if (degree < 2) return undefined;
    const scalings = (power: number) =>
      Array.from({ length: degree + 1 }, (_, j) => {
        const coefficient = coefficients.get(j);
        return coefficient ? this.#scaling(coefficient.node, power, form.argument) : 0;
      });
    // All powers are alike but the argument itself, which a client may upload scaled.
    const [ofArgument, ofOthers] = [scalings(1), scalings(2)];
    const shape: PolynomialShape = {
      present: Array.from({ length: degree + 1 }, (_, j) => coefficients.has(j)),
      scaling: (j, power) => (power === 1 ? ofArgument : ofOthers)[j] as number,
    };
    return {
      node,
      coefficients,
      shape,
      earliest: earliestLevel(shape),
      depth: leastDepth(shape),
    };
  }

  /** Levels that multiplying a power of the argument by a coefficient takes. */
  #scaling(coefficient: NodeId, power: number, argument: NodeId): number {
    const constant = constantAt(this.#builder, coefficient);
    if (!constant) return 1;
    const uploads = power === 1 && this.#arrivals.isUpload(argument) && isUploadFactor(constant);
    return uploads || isFreeFactor(constant) ? 0 : 1;
  }

  /** Whether terms would cancel that are much larger than what is computed now. */
  #isIllConditioned(argument: NodeId, coefficients: Coefficients): boolean {
    const size = this.#magnitudes[argument] as number;
    let terms = 0;
    for (const [exponent, { magnitude }] of coefficients) terms += magnitude * size ** exponent;
    return !(terms <= MAX_GROWTH * (this.#familySizes.get(argument) as number));
  }

  /**
   * The coefficients of a value as a polynomial of an argument; undefined where they are too many or too
   * large, its own or those of a value on the way. Long chains take no recursion.
   */
  #coefficients(root: NodeId, argument: NodeId): Coefficients | undefined {
    const stack = [root];
    while (stack.length > 0) {
      const id = stack.at(-1) as NodeId;
      const missing = this.#polynomialArgs(id, argument).filter((arg) => !this.#collected.has(arg));
      if (this.#collected.has(id) || id === argument) stack.pop();
      else if (missing.length > 0) stack.push(...missing);
      else {
        stack.pop();
        const made = this.#terms > MAX_TERMS ? undefined : this.#collect(id, argument);
        this.#terms += made?.size ?? 0;
        const isUsable = made && !this.#isIllConditioned(argument, made);
        this.#collected.set(id, isUsable ? made : undefined);
      }
    }
    return this.#collected.get(root);
  }

  #polynomialArgs(id: NodeId, argument: NodeId): readonly NodeId[] {
    const node = this.#builder.node(id);
    return node.args.filter(
      (arg) => arg !== argument && this.#builder.node(arg).secrecy === 'cipher',
    );
  }

  #collect(id: NodeId, argument: NodeId): Coefficients | undefined {
    const { op, args } = this.#builder.node(id);
    const operands = args.map((arg) => this.#operand(arg, argument));
    if (!operands.every((operand) => operand !== undefined)) return undefined;
    const [a, b] = operands as [Coefficients, Coefficients];
    switch (op.kind) {
      case 'add':
        return this.#sum(a, b);
      case 'sub':
        return this.#sum(a, this.#negated(b));
      case 'neg':
        return this.#negated(a);
      case 'mul':
        return this.#product(a, b);
      case 'pow': {
        let power = a;
        for (let i = 1; i < op.exponent; i++) power = this.#product(power, a);
        return power;
      }
      default:
        throw new Error(`${op.kind} is no polynomial`);
    }
  }

  #operand(id: NodeId, argument: NodeId): Coefficients | undefined {
    if (id === argument) return new Map([[1, { node: this.#builder.constant(ONE), magnitude: 1 }]]);
    if (this.#builder.node(id).secrecy === 'cipher') return this.#collected.get(id);
    const coefficient = this.#clearCoefficient(id);
    return this.#isZero(coefficient.node) ? new Map() : new Map([[0, coefficient]]);
  }

  /** A clear value as a coefficient; one that is everywhere the same as a scalar. */
  #clearCoefficient(id: NodeId): Coefficient {
    const node = this.#builder.node(id);
    const magnitude = this.#magnitudes[id] as number;
    if (node.op.kind === 'broadcast' && node.op.axes.length === 0)
      return { node: node.args[0] as NodeId, magnitude };
    const constant = constantAt(this.#builder, id);
    const uniform = constant && uniformValue(constant);
    return { node: uniform ? this.#builder.constant(scalar(uniform)) : id, magnitude };
  }

  #isZero(id: NodeId): boolean {
    return constantAt(this.#builder, id)?.data.every(exact.isZero) ?? false;
  }

  #sum(a: Coefficients, b: Coefficients): Coefficients {
    const [small, large] = a.size < b.size ? [a, b] : [b, a];
    const sum = new Map(large);
    for (const [exponent, coefficient] of small) this.#addTerm(sum, exponent, coefficient);
    return sum;
  }

  #addTerm(to: Map<number, Coefficient>, exponent: number, coefficient: Coefficient): void {
    const before = to.get(exponent);
    if (!before) {
      to.set(exponent, coefficient);
      return;
    }
    const node = addClear(this.#builder, before.node, coefficient.node);
    if (this.#isZero(node)) to.delete(exponent);
    else to.set(exponent, this.#coefficientAt(node, before.magnitude + coefficient.magnitude));
  }

  /** Magnitudes of constants are known, those of other values estimated. */
  #coefficientAt(node: NodeId, estimate: number): Coefficient {
    const constant = constantAt(this.#builder, node);
    const magnitude =
      constant?.data.reduce((most, x) => Math.max(most, Math.abs(x.value)), 0) ?? estimate;
    return { node, magnitude };
  }

  #negated(a: Coefficients): Coefficients {
    return new Map(
      [...a].map(([exponent, { node, magnitude }]) => [
        exponent,
        { node: negateClear(this.#builder, node), magnitude },
      ]),
    );
  }

  #product(a: Coefficients, b: Coefficients): Coefficients {
    const product = new Map<number, Coefficient>();
    for (const [i, x] of a) {
      for (const [j, y] of b) {
        const node = mulClear(this.#builder, x.node, y.node);
        if (!this.#isZero(node))
          this.#addTerm(product, i + j, this.#coefficientAt(node, x.magnitude * y.magnitude));
      }
    }
    this.#terms += a.size * b.size;
    return product;
  }

  /** Latest level at which each root lets the circuit's outputs come when they can at best. */
  #requiredLevels(): readonly number[] {
    const { nodes, outputs } = this.#circuit;
    const steps = nodes.map((node) => this.#stepOf(node));
    const best: number[] = [];
    for (const node of nodes) {
      let level = node.args.reduce((most, arg) => Math.max(most, best[arg] as number), 0);
      level += steps[node.id] as number;
      const group = this.#groupOf.get(node.id);
      const root = group && rootOf(group, node.id);
      if (root) level = Math.min(level, (best[group.argument] as number) + root.earliest);
      best.push(node.secrecy === 'cipher' ? level : 0);
    }
    const least = outputs.reduce((most, { node }) => Math.max(most, best[node] as number), 0);
    const goal = Math.max(least, this.#context.goal ?? 0);
    const required = new Array<number>(nodes.length).fill(Number.POSITIVE_INFINITY);
    for (const { node } of outputs) required[node] = goal;
    for (let id = nodes.length - 1; id >= 0; id--) {
      const group = this.#groupOf.get(id);
      const root = group && rootOf(group, id);
      const latest = required[id] as number;
      const note = (arg: NodeId, level: number) => {
        if (level < (required[arg] as number)) required[arg] = level;
      };
      if (root) note(group.argument, latest - root.earliest);
      else for (const arg of (nodes[id] as Node).args) note(arg, latest - (steps[id] as number));
    }
    return required;
  }

  #stepOf(node: Node): number {
    const operands = node.args.reduce(
      (most, arg) => Math.max(most, this.#arrivals.of(arg).level),
      0,
    );
    return this.#arrivals.of(node.id).level - operands;
  }

  /** New nodes for the roots of a group; undefined where it is better left as it is. */
  #plan(group: Group, required: readonly number[]): ReadonlyMap<NodeId, NodeId> | undefined {
    const argument = this.#resolved[group.argument] as NodeId;
    const { level: from } = this.#arrivals.of(argument);
    const deadlines = group.roots.map(({ node, earliest, depth }) => ({
      level: Math.max(earliest, Math.min((required[node] as number) - from, MAX_LEVEL)),
      depth,
    }));
    const shared = shareSchemes(
      group.roots.map(({ shape }) => shape),
      deadlines,
    );
    if (!shared || !this.#gains(group, shared.muls, deadlines)) return undefined;
    const powers = this.#powers(argument, shared.powers);
    return new Map(
      group.roots.map((root, i) => {
        this.#builder.at(this.#circuit.origins[root.node]);
        return [root.node, this.#build(shared.schemes[i] as Scheme, root, powers) as NodeId];
      }),
    );
  }

  /** Whether the schemes are earlier where that matters, or as early for fewer multiplications. */
  #gains({ argument, roots, muls }: Group, newMuls: number, deadlines: readonly Deadline[]) {
    const start = this.#arrivals.of(argument);
    const asWritten = roots.map(({ node }) => this.#arrivals.of(node));
    const late = asWritten.some(
      ({ level }, i) => level - start.level > (deadlines[i] as Deadline).level,
    );
    if (late || newMuls < muls) return true;
    const deeper = asWritten.some(({ depth }, i) => depth - start.depth > (roots[i] as Root).depth);
    return deeper && newMuls === muls;
  }

  #powers(argument: NodeId, steps: readonly PowerStep[]): ReadonlyMap<number, NodeId> {
    const powers = new Map([[1, argument]]);
    const { shape } = this.#builder.node(argument);
    for (const { exponent, left, right } of steps) {
      const factors = [powers.get(left) as NodeId, powers.get(right) as NodeId];
      powers.set(exponent, this.#builder.apply(elementwiseProduct(shape, shape), factors));
    }
    return powers;
  }

  /** The value of a scheme; clear where it is a coefficient alone, undefined for zero. */
  #build(scheme: Scheme, root: Root, powers: ReadonlyMap<number, NodeId>): NodeId | undefined {
    switch (scheme.kind) {
      case 'zero':
        return undefined;
      case 'sum':
        return this.#buildSum(scheme, root, powers);
      case 'split': {
        const high = this.#build(scheme.high, root, powers) as NodeId;
        const product = this.#multiply(high, powers.get(scheme.at) as NodeId);
        const low = this.#build(scheme.low, root, powers);
        return low === undefined ? product : this.#add(product, low);
      }
    }
  }

  #buildSum(
    { from, to }: Scheme & { kind: 'sum' },
    { coefficients }: Root,
    powers: ReadonlyMap<number, NodeId>,
  ): NodeId {
    let sum: NodeId | undefined;
    for (let j = to - 1; j >= from; j--) {
      const coefficient = coefficients.get(j)?.node;
      if (coefficient === undefined) continue;
      const term =
        j === from ? coefficient : this.#multiply(coefficient, powers.get(j - from) as NodeId);
      sum = sum === undefined ? term : this.#add(sum, term);
    }
    return sum as NodeId;
  }

  #multiply(a: NodeId, b: NodeId): NodeId {
    if (this.#isOne(a)) return b;
    const [x, y] = [this.#builder.node(a), this.#builder.node(b)];
    return this.#builder.apply(elementwiseProduct(x.shape, y.shape), [a, b]);
  }

  #isOne(id: NodeId): boolean {
    const constant = constantAt(this.#builder, id);
    return constant?.shape.length === 0 && exact.isOne(constant.data[0] as exact.Exact);
  }

  #add(a: NodeId, b: NodeId): NodeId {
    const { shape } = this.#builder.node(a);
    return this.#builder.apply({ kind: 'add' }, [a, spreadClear(this.#builder, b, shape)]);
  }
}

function rootOf(group: Group | undefined, id: NodeId): Root | undefined {
  return group?.roots.find(({ node }) => node === id);
}

/** What every node of a circuit is as a polynomial. */
function formsOf(circuit: Circuit): Forms {
  const factorUses = countFactorUses(circuit);
  const inner: (Form | undefined)[] = [];
  const outer: (Form | undefined)[] = [];
  for (const node of circuit.nodes) {
    const form = innerForm(circuit, node, outer);
    const own = { argument: node.id, degree: 1, isMonomial: true };
    const isArgument =
      !form || (!form.isMonomial && (factorUses[node.id] as number) >= MANY_FACTORS);
    inner.push(form);
    outer.push(node.secrecy !== 'cipher' ? undefined : isArgument ? own : form);
  }
  return { inner, outer };
}

/** How many operand places of products of ciphertexts each node fills. */
function countFactorUses(circuit: Circuit): readonly number[] {
  const uses = new Array<number>(circuit.nodes.length).fill(0);
  for (const node of circuit.nodes)
    if (depthOfNode(circuit, node) > 0) for (const arg of node.args) (uses[arg] as number)++;
  return uses;
}

/** A node as a polynomial of the one argument that all its encrypted operands have. */
function innerForm(
  circuit: Circuit,
  node: Node,
  outer: readonly (Form | undefined)[],
): Form | undefined {
  const { op } = node;
  if (node.secrecy !== 'cipher' || !isElementwise(circuit, node)) return undefined;
  const forms = node.args.flatMap((arg) => outer[arg] ?? []);
  const [first] = forms as [Form];
  if (!forms.every(({ argument }) => argument === first.argument)) return undefined;
  const degrees = forms.map(({ degree }) => degree);
  const degree =
    op.kind === 'mul'
      ? degrees.reduce((sum, d) => sum + d, 0)
      : op.kind === 'pow'
        ? first.degree * op.exponent
        : Math.max(...degrees);
  if (degree > MAX_DEGREE) return undefined;
  const multiplies = op.kind === 'mul' || op.kind === 'pow' || op.kind === 'neg';
  const isMonomial = multiplies && forms.every((form) => form.isMonomial);
  return { argument: first.argument, degree, isMonomial };
}

/** Whether an operation works on each element by itself and keeps its encrypted operands' shape. */
function isElementwise(circuit: Circuit, { op, args, shape }: Node): boolean {
  const keepsShape = args.every((arg) => {
    const operand = circuit.nodes[arg] as Node;
    return operand.secrecy !== 'cipher' || sameShape(operand.shape, shape);
  });
  if (!keepsShape) return false;
  if (op.kind === 'add' || op.kind === 'sub' || op.kind === 'neg' || op.kind === 'pow') return true;
  if (op.kind !== 'mul') return false;
  return [op.lhs, op.rhs].every(
    (labels, side) => labels.length === 0 || isAligned(labels, circuit.nodes[args[side] as NodeId]),
  );

  function isAligned(labels: readonly number[], operand: Node | undefined): boolean {
    return sameShape(operand?.shape ?? [], shape) && labels.every((label, axis) => label === axis);
  }
}

/** Polynomials that an output is or something uses that is no polynomial of the same argument. */
function rootNodes(circuit: Circuit, { inner, outer }: Forms): readonly boolean[] {
  const isRoot = new Array<boolean>(circuit.nodes.length).fill(false);
  for (const { node } of circuit.outputs) isRoot[node] = true;
  for (const node of circuit.nodes) {
    if (inner[node.id] && outer[node.id]?.argument === node.id) isRoot[node.id] = true;
    for (const arg of node.args)
      if (inner[node.id]?.argument !== inner[arg]?.argument) isRoot[arg] = true;
  }
  return isRoot;
}
