import { MAX_FREE_FACTOR } from '../../ir/arrival.ts';
import type { Origin } from '../../ir/graph.ts';
import type { PackedCircuit, PackedOp } from '../../packing/packed.ts';
import { isClear } from '../../plan/clear-ops.ts';
import { operands } from '../../plan/liveness.ts';
import type { CkksOp } from '../../plan/plan.ts';

/** How levels are spent. */
export interface LegalizeOptions {
  /** Whether small integer constants are encoded at scale 1, which costs no level. */
  readonly freeIntegers: boolean;
}

/** Operations with levels; `origins` says for each where in the text it comes from. */
export interface LevelledOps {
  readonly ops: readonly CkksOp[];
  readonly origins: readonly (Origin | undefined)[];
  /** New place of each of the packed circuit's values. */
  readonly places: readonly number[];
  /** Rescalings on the longest path. */
  readonly levels: number;
}

/**
 * CKKS level management. Every value is computed at the lowest level from which its outputs can still be
 * reached, where operations are cheapest: outputs at level 0, and one level more for each rescaling that
 * lies between. Products are relinearized and rescaled at once; an operand at a higher level than its
 * partner is lowered, in one step however far, landing on that level's scale exactly ("Approximate
 * Homomorphic Encryption with Reduced Approximation Error", Kim, Papadimitriou and Polyakov, 2022). So all
 * values of a level have one scale, and additions never meet unequal ones.
 */
export function legalize(circuit: PackedCircuit, options: LegalizeOptions): LevelledOps {
  const legalizer = new Legalizer(circuit, options);
  return legalizer.run();
}

class Legalizer {
  readonly #circuit: PackedCircuit;
  readonly #rescales: readonly boolean[];
  readonly #levels: readonly number[];
  readonly #ops: CkksOp[] = [];
  readonly #origins: (Origin | undefined)[] = [];
  readonly #places: number[] = [];
  /** Lowered copies by value and level; a copy serves all users at its level. */
  readonly #lowered = new Map<string, number>();

  constructor(circuit: PackedCircuit, options: LegalizeOptions) {
    this.#circuit = circuit;
    this.#rescales = circuit.ops.map((op) => costsLevel(circuit, op, options));
    this.#levels = lowestLevels(circuit, this.#rescales);
  }

  run(): LevelledOps {
    this.#circuit.ops.forEach((op, value) => {
      this.#places.push(isClear(op) ? this.#clear(op, value) : this.#cipher(op, value));
    });
    let levels = 0;
    for (const level of this.#levels) levels = Math.max(levels, level);
    return { ops: this.#ops, origins: this.#origins, places: this.#places, levels };
  }

  #push(op: CkksOp, value: number): number {
    this.#origins.push(this.#circuit.origins[value]);
    return this.#ops.push(op) - 1;
  }

  #clear(op: PackedOp, value: number): number {
    const args = operands(op).map((arg) => this.#places[arg] as number);
    return this.#push((args.length > 0 ? { ...op, args } : op) as CkksOp, value);
  }

  #cipher(op: PackedOp, value: number): number {
    const level = this.#levels[value] as number;
    if (op.op === 'upload') return this.#push({ ...op, level }, value);
    const rescales = this.#rescales[value] as boolean;
    const at = rescales ? level + 1 : level;
    const args = operands(op).map((arg) => this.#at(arg, at));
    const scale = op.op === 'mulPlain' ? { scale: rescales ? 'level' : 'one' } : {};
    let place = this.#push({ ...op, ...scale, args, level: at } as CkksOp, value);
    if (op.op === 'mul') place = this.#push({ op: 'relinearize', args: [place], level: at }, value);
    return rescales ? this.#push({ op: 'rescale', args: [place], level }, value) : place;
  }

  /** The value at a level, lowered if it is at a higher one. */
  #at(value: number, level: number): number {
    const place = this.#places[value] as number;
    const own = this.#levels[value] as number;
    if (isClear(this.#circuit.ops[value] as PackedOp) || own === level) return place;
    const key = `${value}@${level}`;
    const known = this.#lowered.get(key);
    if (known !== undefined) return known;
    const lowered = this.#push({ op: 'lower', args: [place], level }, value);
    this.#lowered.set(key, lowered);
    return lowered;
  }
}

function costsLevel(circuit: PackedCircuit, op: PackedOp, options: LegalizeOptions): boolean {
  if (op.op === 'mul') return true;
  if (op.op !== 'mulPlain') return false;
  const factor = circuit.ops[op.args[1]];
  const isInteger =
    factor?.op === 'const' &&
    Number.isInteger(factor.data) &&
    Math.abs(factor.data as number) <= MAX_FREE_FACTOR;
  return !(options.freeIntegers && isInteger);
}

/** For each cipher value, the rescalings between it and the outputs behind it. */
function lowestLevels(circuit: PackedCircuit, rescales: readonly boolean[]): readonly number[] {
  const levels = new Array<number>(circuit.ops.length).fill(0);
  for (let value = circuit.ops.length - 1; value >= 0; value--) {
    const op = circuit.ops[value] as PackedOp;
    if (isClear(op)) continue;
    const needed = (levels[value] as number) + Number(rescales[value]);
    for (const arg of operands(op)) {
      if (!isClear(circuit.ops[arg] as PackedOp))
        levels[arg] = Math.max(levels[arg] as number, needed);
    }
  }
  return levels;
}
