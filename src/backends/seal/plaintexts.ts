import type { Plaintext } from 'node-seal/allows';
import { keptEncodingBytes } from '../../memory/ckks-live-memory.ts';
import type { ClearValue } from '../../plan/clear-ops.ts';
import type { PlanOp } from '../../plan/plan.ts';
import { replicate } from '../../plan/slots.ts';
import type { CipherForms } from '../../schemes/ckks/scales.ts';
import type { CkksContext } from './context.ts';
import type { Deletable } from './scope.ts';
import type { UniformEncoder } from './uniform.ts';

/** How a clear value meets a ciphertext: value, level and scale. */
interface Encoding {
  readonly key: string;
  readonly level: number;
  readonly scale: number;
}

/**
 * Encodes clear values for operations of a plan. An encoding that is used again is kept until its last
 * use, within limits; all are dropped at the end of a run.
 *
 * SEAL's encoder, as bound, works at the top level only. For a lower level its result is cut down, which
 * copies but computes nothing. A second context for each level would encode there directly, but takes
 * as long to build as hundreds of encodings (0.2 s at N = 8192, 2 s at N = 16384 with eight levels).
 */
export class Plaintexts implements Deletable {
  readonly #context: CkksContext;
  readonly #uniform: UniformEncoder;
  readonly #usesLeft: Map<string, number>;
  readonly #kept = new Map<string, Plaintext>();
  #keptBytes = 0;

  constructor(
    context: CkksContext,
    uniform: UniformEncoder,
    ops: readonly PlanOp[],
    forms: CipherForms,
  ) {
    this.#context = context;
    this.#uniform = uniform;
    this.#usesLeft = countUses(ops, forms);
  }

  /** Lets `use` have clear value `index` encoded for level and scale canonical^`degree`. */
  withValue(
    index: number,
    value: ClearValue,
    level: number,
    degree: number,
    use: (plain: Plaintext) => void,
  ): void {
    const scale = this.#context.params.scales[level]! ** degree;
    this.#with({ key: valueKey(index, level, degree), level, scale }, value, use);
  }

  /**
   * Lets `use` have clear value `index` as a factor at `level` of a ciphertext that was switched down from level
   * `from`: the product has the scale canonical². Without an index, the number 1.
   */
  withFactor(
    index: number | undefined,
    value: ClearValue,
    from: number,
    level: number,
    use: (plain: Plaintext) => void,
  ): void {
    const { scales } = this.#context.params;
    const scale = scales[level]! ** 2 / scales[from]!;
    this.#with({ key: factorKey(index, from, level), level, scale }, value, use);
  }

  delete(): void {
    for (const plain of this.#kept.values()) plain.delete();
    this.#kept.clear();
  }

  #with(encoding: Encoding, value: ClearValue, use: (plain: Plaintext) => void): void {
    const { key } = encoding;
    const left = this.#usesLeft.get(key)! - 1;
    this.#usesLeft.set(key, left);
    const plain = this.#kept.get(key) ?? this.#encode(encoding, value);
    try {
      use(plain);
    } finally {
      this.#release(encoding, plain, left > 0);
    }
  }

  #release({ key, level }: Encoding, plain: Plaintext, again: boolean): void {
    const { params } = this.#context;
    const bytes = 8 * params.polyModulusDegree * (params.basePrimes + level);
    const kept = this.#kept.has(key);
    if (again && kept) return;
    if (again && this.#keptBytes + bytes <= keptEncodingBytes) {
      this.#kept.set(key, plain);
      this.#keptBytes += bytes;
      return;
    }
    if (this.#kept.delete(key)) this.#keptBytes -= bytes;
    plain.delete();
  }

  #encode({ level, scale }: Encoding, value: ClearValue): Plaintext {
    const plain = new this.#context.seal.Plaintext();
    try {
      const uniform = uniformValue(value);
      const done = uniform !== undefined && this.#uniform.encode(uniform, level, scale, plain);
      if (!done) this.#encodeVector(value, level, scale, plain);
      return plain;
    } catch (error) {
      plain.delete();
      throw error;
    }
  }

  #encodeVector(value: ClearValue, level: number, scale: number, plain: Plaintext): void {
    const { slotCount } = this.#context;
    const vector =
      typeof value === 'number'
        ? new Float64Array(slotCount).fill(value)
        : replicate(value, slotCount);
    this.#context.encodeAt(vector, scale, level, plain);
  }
}

/** The number that all slots hold, if they do. */
function uniformValue(value: ClearValue): number | undefined {
  if (typeof value === 'number') return value;
  const first = value[0]!;
  for (let i = 1; i < value.length; i++) if (value[i] !== first) return undefined;
  return first;
}

function valueKey(index: number, level: number, degree: number): string {
  return `${index}@${level}^${degree}`;
}

function factorKey(index: number | undefined, from: number, level: number): string {
  return `${index ?? 'unit'}:${from}>${level}`;
}

function countUses(ops: readonly PlanOp[], { degrees, levels }: CipherForms): Map<string, number> {
  const uses = new Map<string, number>();
  const count = (key: string): void => {
    uses.set(key, (uses.get(key) ?? 0) + 1);
  };
  for (const op of ops) {
    if (op.op === 'addPlain' || op.op === 'subPlain') {
      count(valueKey(op.args[1], op.level, degrees[op.args[0]]!));
    } else if (op.op === 'mulPlain') {
      const [cipher, plain] = op.args;
      const isScaled = op.scale === 'level';
      count(isScaled ? factorKey(plain, levels[cipher]!, op.level) : valueKey(plain, op.level, 0));
    } else if (op.op === 'adjust' || op.op === 'lower') {
      const level = op.op === 'lower' ? op.level + 1 : op.level;
      count(factorKey(undefined, levels[op.args[0]]!, level));
    }
  }
  return uses;
}
