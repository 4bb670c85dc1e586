import type { Ciphertext, PublicKey, SecretKey } from 'node-seal/allows';
import { keyLevels } from '../../memory/key-levels.ts';
import { keyUses } from '../../memory/key-needs.ts';
import { demandMemory } from '../../memory/memory-budget.ts';
import type { BlockData } from '../../plan/clear-ops.ts';
import { lastUses, operands } from '../../plan/liveness.ts';
import type { CkksPlan } from '../../plan/plan.ts';
import { type SlotStep, slotSteps } from '../../plan/slot-machine.ts';
import { type PredictedError, predictAllErrors } from '../../schemes/ckks/error.ts';
import { type EvaluateOptions, type Instance, readOutputs } from '../evaluation.ts';
import { encryptedUploads } from './client.ts';
import { type CkksContext, createContext } from './context.ts';
import { batchData } from './evaluate.ts';
import { type CipherObserver, Evaluator } from './evaluator.ts';
import { KeyCache } from './key-cache.ts';
import { KeyContexts } from './key-contexts.ts';
import { generateKeyStore, generateSecretKey, loadPublicKey } from './key-store.ts';
import { loadSeal, translating } from './runtime.ts';
import { Scope } from './scope.ts';

/**
 * Evaluates encrypted and in clear side by side, with the secret key at hand: after each operation its
 * ciphertext is decrypted and compared with what the operation gives in clear. What it tells is as secret
 * as the inputs.
 */

/** A value where it is furthest from the clear computation. */
export interface WorstSlot {
  /** Which of the instances that were given. */
  readonly instance: number;
  /** Place in the plan's slot vector. */
  readonly slot: number;
  readonly expected: number;
  readonly got: number;
}

/** What came of one operation on ciphertexts. */
export interface OperationCheck extends WorstSlot {
  /** Its place in the plan's operations. */
  readonly index: number;
  readonly level: number;
  /** log2 of the ciphertext's scale. */
  readonly scaleBits: number;
  /** Largest magnitude of a slot in clear. */
  readonly magnitude: number;
  /** |got - expected| of the worst slot, absolute. */
  readonly error: number;
  /** Predicted bound on it; `sampled` where it rests on samples, not on proof. */
  readonly bound: number;
  readonly sampled: boolean;
}

/** An operand of a faulty operation, in the slot that the worst one was computed from. */
export interface OperandCheck {
  readonly index: number;
  readonly expected: number;
  /** The same as expected for values in clear. */
  readonly got: number;
}

/** The first operation whose error left its bound. */
export interface Fault {
  readonly check: OperationCheck;
  readonly operands: readonly OperandCheck[];
}

/** What came of an evaluation. */
export interface Debugged {
  /** Every operation on ciphertexts that was done, in order, in the run in which it came nearest to its bound. */
  readonly checks: readonly OperationCheck[];
  readonly fault: Fault | undefined;
  /** Outputs of each instance, row-major by name; none after a fault. */
  readonly outputs: readonly ReadonlyMap<string, Float64Array>[];
}

/**
 * Evaluates encrypted as `evaluateEncrypted` does and checks every operation. Stops at the first whose
 * error leaves its bound.
 *
 * @throws MemoryError before anything is done; SealError, DataError, or the signal's reason
 */
export async function evaluateChecked(
  plan: CkksPlan,
  instances: readonly Instance[],
  options: EvaluateOptions = {},
): Promise<Debugged> {
  const { capacities } = demandMemory(plan, 1, options.memory);
  const seal = await loadSeal();
  const scope = new Scope();
  try {
    const context = scope.own(createContext(seal, plan.params));
    const contexts = scope.own(new KeyContexts(context));
    const secretKey = scope.own(generateSecretKey(context));
    const store = generateKeyStore(context, contexts, secretKey, keyLevels(plan), (done, total) =>
      options.onProgress?.(done, total, 'keygen'),
    );
    const publicKey = scope.own(loadPublicKey(context, store));
    const keys = scope.own(new KeyCache(context, contexts, store, keyUses(plan.ops), capacities));
    const evaluator = scope.own(new Evaluator(context, publicKey, keys, plan));
    const bounds = predictAllErrors(plan);
    const session: Session = { plan, context, publicKey, secretKey, evaluator, bounds };
    return await checkBatches(session, instances, options);
  } finally {
    scope.delete();
  }
}

interface Session {
  readonly plan: CkksPlan;
  readonly context: CkksContext;
  readonly publicKey: PublicKey;
  readonly secretKey: SecretKey;
  readonly evaluator: Evaluator;
  readonly bounds: readonly PredictedError[];
}

async function checkBatches(
  session: Session,
  instances: readonly Instance[],
  options: EvaluateOptions,
): Promise<Debugged> {
  const { plan, context } = session;
  const nearest = new Map<number, OperationCheck>();
  const outputs: ReadonlyMap<string, Float64Array>[] = [];
  const capacity = plan.batchable ? context.slotCount / plan.slots : 1;
  let fault: Fault | undefined;
  for (let from = 0; from < instances.length && !fault; from += capacity) {
    const batch = instances.slice(from, from + capacity);
    // Places that a batch leaves over hold its last instance again.
    const ofAll = (check: OperationCheck): OperationCheck => ({
      ...check,
      instance: from + Math.min(check.instance, batch.length - 1),
    });
    const checked = await checkBatch(session, batch, options);
    for (const check of checked.checks) {
      const before = nearest.get(check.index);
      if (!before || ratioOf(check) > ratioOf(before)) nearest.set(check.index, ofAll(check));
    }
    fault = checked.fault && { ...checked.fault, check: ofAll(checked.fault.check) };
    outputs.push(...checked.outputs);
  }
  const checks = [...nearest.values()];
  return { checks, fault, outputs: fault ? [] : outputs };
}

/** An error as a part of its bound; what is no number is beyond all bounds. */
export function ratioOf({ error, bound }: Pick<OperationCheck, 'error' | 'bound'>): number {
  if (error === 0) return 0;
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / bound;
}

async function checkBatch(
  session: Session,
  batch: readonly Instance[],
  options: EvaluateOptions,
): Promise<Debugged> {
  const { plan, context, publicKey, evaluator } = session;
  const data = batchData(plan, batch, context.slotCount);
  const scope = new Scope();
  try {
    const checker = new Checker(session, data, scope);
    const uploads = encryptedUploads(context, publicKey, plan, data);
    const { checks } = checker;
    try {
      const onStep = (place: number): void =>
        options.onProgress?.(place, plan.ops.length, 'evaluate');
      const result = await evaluator.run(uploads, data, { ...options, onStep }, checker.observe);
      for (const cipher of result.ciphers.values()) cipher.delete();
      const value = (index: number) => checker.decrypted(index) ?? result.clears.get(index)!;
      return {
        checks,
        fault: undefined,
        outputs: batch.map((_, block) => readOutputs(plan, value, block)),
      };
    } catch (error) {
      if (!(error instanceof OutOfBound)) throw error;
      return { checks, fault: error.fault, outputs: [] };
    }
  } finally {
    scope.delete();
  }
}

/** Ends a run at its first fault. */
class OutOfBound extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(`operation ${fault.check.index} leaves its bound`);
    this.fault = fault;
  }
}

/** Follows one run of the evaluator in clear. */
class Checker {
  readonly checks: OperationCheck[] = [];
  readonly #session: Session;
  readonly #steps: Iterator<SlotStep>;
  readonly #data: BlockData;
  readonly #last: Int32Array;
  /** Decrypted slots of the values that are still needed. */
  readonly #slots = new Map<number, Float64Array>();
  readonly #decrypt: (cipher: Ciphertext) => Float64Array;

  constructor(session: Session, data: BlockData, scope: Scope) {
    const { plan, context, secretKey } = session;
    const { seal, encoder } = context;
    this.#session = session;
    this.#data = data;
    this.#last = lastUses(plan);
    this.#steps = slotSteps(plan, data);
    const decryptor = scope.own(new seal.Decryptor(context.context, secretKey));
    const plain = scope.own(new seal.Plaintext());
    this.#decrypt = (cipher) =>
      translating(seal, 'decrypting an intermediate value', () => {
        decryptor.decrypt(cipher, plain);
        return encoder.decodeFloat64(plain) as Float64Array;
      });
  }

  /** The decrypted slots of a value that is still needed; undefined for values in clear. */
  decrypted(index: number): Float64Array | undefined {
    return this.#slots.get(index);
  }

  readonly observe: CipherObserver = (index, cipher) => {
    const step = this.#stepTo(index);
    const got = this.#decrypt(cipher);
    this.#slots.set(index, got);
    const check = this.#check(step, got, Math.log2(cipher.scale()));
    this.checks.push(check);
    if (!(check.error <= check.bound)) throw new OutOfBound(this.#faultAt(check, step));
    this.#forgetAfter(index);
  };

  /** The clear computation brought up to an operation. */
  #stepTo(index: number): SlotStep {
    for (;;) {
      const step = this.#steps.next();
      if (step.done) throw new Error('operations are observed out of order');
      if (step.value.index === index) return step.value;
    }
  }

  #check({ index, value }: SlotStep, got: Float64Array, scaleBits: number): OperationCheck {
    const { plan, bounds } = this.#session;
    const expected = value as Float64Array;
    const { at, magnitude } = worstSlot(got, expected);
    const op = plan.ops[index] as { readonly level: number };
    return {
      index,
      level: op.level,
      scaleBits,
      magnitude,
      error: Math.abs(got[at]! - expected[at % expected.length]!),
      ...bounds[index]!,
      instance: Math.floor(at / plan.slots) % this.#data.blocks,
      slot: at % plan.slots,
      expected: expected[at % expected.length]!,
      got: got[at]!,
    };
  }

  #faultAt(check: OperationCheck, { getValue }: SlotStep): Fault {
    const { slots, ops } = this.#session.plan;
    const op = ops[check.index]!;
    const shift = op.op === 'rotate' ? op.steps : 0;
    const slot = check.instance * slots + ((check.slot + shift) % slots);
    return {
      check,
      operands: operands(op).map((index) => {
        const value = getValue(index);
        const expected = typeof value === 'number' ? value : value[slot % value.length]!;
        return { index, expected, got: this.#slots.get(index)?.[slot] ?? expected };
      }),
    };
  }

  #forgetAfter(at: number): void {
    for (const index of [at, ...operands(this.#session.plan.ops[at]!)])
      if (this.#last[index] === at) this.#slots.delete(index);
  }
}

/** Where a vector is furthest from what it repeats; what is no number is furthest. */
function worstSlot(got: Float64Array, expected: Float64Array) {
  let [at, largest, magnitude] = [0, -1, 0];
  for (let i = 0; i < got.length; i++) {
    const wanted = expected[i % expected.length]!;
    const error = Math.abs(got[i]! - wanted);
    if (error > largest || Number.isNaN(error)) {
      at = i;
      largest = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    }
    magnitude = Math.max(magnitude, Math.abs(wanted));
  }
  return { at, magnitude };
}
