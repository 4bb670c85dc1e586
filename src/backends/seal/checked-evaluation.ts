import type { Ciphertext, Decryptor, PublicKey } from 'node-seal/allows';
import { defined, lookUp } from '../../lookup.ts';
import { requireMemory } from '../../memory/memory-budget.ts';
import { uploadBytes } from '../../plan/ciphertext-bytes.ts';
import type { BlockData } from '../../plan/clear-ops.ts';
import { lastUses, neededValues, operands } from '../../plan/liveness.ts';
import type { Plan, PlanOp } from '../../plan/plan.ts';
import { type SlotResult, slotResults } from '../../plan/slot-machine.ts';
import { wholePlan } from '../../plan/worker-shares.ts';
import { peakRssBytes } from '../../platform/machine.ts';
import {
  type EvaluateOptions,
  type Evaluation,
  type Instance,
  readOutputs,
} from '../evaluation.ts';
import { encryptedUploads } from './client.ts';
import { setUpClient } from './client-setup.ts';
import { batchData, batchesOf } from './encrypted-evaluation.ts';
import type { CipherObserver, Evaluator } from './evaluator.ts';
import { keyStoreBytes } from './key-store.ts';
import { heapBytes, loadSeal, translating } from './load-seal.ts';
import {
  type Criterion,
  criterionOf,
  marginOf,
  type OperationCheck,
  type OperationFault,
  type SlotComparison,
  type WorstSlot,
} from './operation-check.ts';
import { Clock } from './phase-clock.ts';
import type { PlanContext } from './plan-context.ts';
import { noExchange } from './result-exchange.ts';
import { Scope } from './scope.ts';
import { shareEvaluator } from './share-evaluator.ts';

/**
 * The evaluation for `--backend debug`. It computes encrypted and in the clear side by side: after
 * each operation it decrypts the result with the secret key and compares it with the value in the
 * clear. Its findings are as secret as the inputs.
 */

/** An evaluation whose operations were checked. */
export interface Debugged extends Evaluation {
  readonly checks: readonly OperationCheck[];
  readonly fault: OperationFault | undefined;
}

/**
 * Evaluates as `encryptedEvaluation` does, with one worker, and checks every operation that an
 * output depends on. Stops at the first operation whose error exceeds its bound. In BFV and BGV,
 * stops at the first operation whose result is wrong modulo t, or has no noise budget or less than
 * predicted.
 *
 * @throws ShoalError `memory-too-small` before it starts, `evaluation-failed` or
 *   `division-by-zero`; or the signal's reason
 */
export async function checkedEvaluation(
  plan: Plan,
  instances: readonly Instance[],
  options: EvaluateOptions = {},
): Promise<Debugged> {
  const { onProgress: report = () => {} } = options;
  const { capacities } = requireMemory(plan, 1, options.memory);
  const seal = await loadSeal();
  const scope = new Scope();
  try {
    const clock = new Clock();
    const setup = setUpClient(scope, seal, plan, { clock, report });
    const parts = { ...setup, capacities, plan, share: wholePlan(plan), exchange: noExchange };
    const evaluator = shareEvaluator(scope, parts);
    const { context, publicKey, secretKey } = setup;
    const decryptor = scope.own(new seal.Decryptor(context.context, secretKey));
    const criterion = criterionOf(plan, decryptor);
    const session = { plan, context, publicKey, evaluator, decryptor, criterion, clock };
    const checked = await checkBatches(session, instances, options);
    return {
      ...checked,
      jobs: 1,
      timings: clock.timings(),
      memory: {
        peakRssBytes: peakRssBytes(),
        heapBytes: heapBytes(),
        keyBytes: keyStoreBytes(setup.store),
        uploadBytes: batchesOf(plan, instances).length * uploadBytes(plan),
      },
    };
  } finally {
    scope.delete();
  }
}

interface Session {
  readonly plan: Plan;
  readonly context: PlanContext;
  readonly publicKey: PublicKey;
  readonly evaluator: Evaluator;
  readonly decryptor: Decryptor;
  readonly criterion: Criterion;
  readonly clock: Clock;
}

/** The findings of checks. */
type Checked = Pick<Debugged, 'outputs' | 'checks' | 'fault'>;

async function checkBatches(
  session: Session,
  instances: readonly Instance[],
  options: EvaluateOptions,
): Promise<Checked> {
  const closest = new Map<number, OperationCheck>();
  const outputs: ReadonlyMap<string, Float64Array>[] = [];
  let fault: OperationFault | undefined;
  let from = 0;
  for (const batch of batchesOf(session.plan, instances)) {
    // Blocks that a batch does not fill repeat its last instance.
    const numbered = (check: OperationCheck): OperationCheck => ({
      ...check,
      instance: from + Math.min(check.instance, batch.length - 1),
    });
    const checked = await checkBatch(session, batch, options);
    for (const check of checked.checks) {
      const before = closest.get(check.index);
      if (!before || marginOf(check) < marginOf(before)) closest.set(check.index, numbered(check));
    }
    fault = checked.fault && { ...checked.fault, check: numbered(checked.fault.check) };
    if (fault) break;
    for (const output of checked.outputs) outputs.push(output);
    from += batch.length;
  }
  const checks = [...closest.values()];
  return { checks, fault, outputs: fault ? [] : outputs };
}

async function checkBatch(
  session: Session,
  batch: readonly Instance[],
  options: EvaluateOptions,
): Promise<Checked> {
  const { plan, context, publicKey, evaluator, clock } = session;
  const data = batchData(plan, batch, context.slotCount);
  const scope = new Scope();
  try {
    const checker = new Checker(session, data, scope);
    const uploads = clock.time('encrypt', () => encryptedUploads(context, publicKey, plan, data));
    const { checks } = checker;
    try {
      const onOperation = (index: number): void =>
        options.onProgress?.(index, plan.ops.length, 'evaluate');
      const result = await clock.timeAsync('evaluate', () =>
        evaluator.run(uploads, data, { ...options, onOperation }, checker.observe),
      );
      for (const cipher of result.ciphers.values()) cipher.delete();
      const value = (index: number) => checker.decrypted(index) ?? lookUp(result.clears, index);
      return {
        checks,
        fault: undefined,
        outputs: batch.map((_, block) => readOutputs(plan, value, block)),
      };
    } catch (error) {
      const { fault } = checker;
      if (!fault) throw error;
      return { checks, fault, outputs: [] };
    }
  } finally {
    scope.delete();
  }
}

/** Computes one run of the evaluator in the clear and compares each result. */
class Checker {
  readonly checks: OperationCheck[] = [];
  /** The operation that exceeded its limit, which ended the run. */
  fault: OperationFault | undefined;
  readonly #session: Session;
  readonly #steps: Iterator<SlotResult>;
  readonly #data: BlockData;
  readonly #last: Int32Array;
  readonly #needed: Uint8Array;
  /** Decrypted slots of the values that are still needed. */
  readonly #slots = new Map<number, Float64Array>();
  readonly #decrypt: (cipher: Ciphertext) => Float64Array;

  constructor(session: Session, data: BlockData, scope: Scope) {
    const { plan, context, decryptor } = session;
    const { seal } = context;
    this.#session = session;
    this.#data = data;
    this.#last = lastUses(plan);
    this.#needed = neededValues(plan);
    this.#steps = slotResults(plan, data);
    const plain = scope.own(new seal.Plaintext());
    this.#decrypt = (cipher) =>
      translating(seal, 'decrypting an intermediate value', () => {
        decryptor.decrypt(cipher, plain);
        return context.decode(plain);
      });
  }

  /**
   * Returns the decrypted slots of a value that is still needed; undefined for values in the clear.
   */
  decrypted(index: number): Float64Array | undefined {
    return this.#slots.get(index);
  }

  readonly observe: CipherObserver = (index, cipher) => {
    const step = this.#stepTo(index);
    // Parameters are chosen for the outputs: other values of the source form may be wrong.
    if (this.#needed[index] === 0) return;
    const got = this.#decrypt(cipher);
    this.#slots.set(index, got);
    const check = this.#session.criterion.check(this.#compared(step, got), cipher);
    this.checks.push(check);
    if (!(marginOf(check) >= 0)) {
      this.fault = this.#faultAt(check, step);
      throw new Error(`operation ${index} exceeds its limit`);
    }
    this.#forgetAfter(index);
  };

  /** Continues the clear computation up to an operation. */
  #stepTo(index: number): SlotResult {
    for (;;) {
      const step = this.#steps.next();
      if (step.done) throw new Error('operations are observed out of order');
      if (step.value.index === index) return step.value;
    }
  }

  #compared({ index, value }: SlotResult, got: Float64Array): SlotComparison {
    const { plan, criterion } = this.#session;
    const expected = (at: number) => criterion.expected(index, value, at);
    const { at, magnitude } = worstSlot(got, expected);
    const op = plan.ops[index] as { readonly level: number };
    return {
      index,
      level: op.level,
      magnitude,
      worst: this.#slotAt(at, expected(at), defined(got[at])),
    };
  }

  #slotAt(at: number, expected: number, got: number): WorstSlot {
    const { plan } = this.#session;
    const isCoefficient = 'encoding' in plan && plan.encoding === 'coefficients';
    const instance = isCoefficient ? 0 : Math.floor(at / plan.slots) % this.#data.blocks;
    return { instance, slot: isCoefficient ? at : at % plan.slots, expected, got };
  }

  #faultAt(check: OperationCheck, { getValue }: SlotResult): OperationFault {
    const { plan, criterion } = this.#session;
    const from = check.instance * plan.slots;
    return {
      check,
      operands: sourcesOf(defined(plan.ops[check.index]), check.slot, plan.slots).map(
        ({ index, slot }) => {
          const expected = criterion.expected(index, getValue(index), from + slot);
          return { index, expected, got: this.#slots.get(index)?.[from + slot] ?? expected };
        },
      ),
    };
  }

  #forgetAfter(at: number): void {
    for (const index of [at, ...operands(defined(this.#session.plan.ops[at]))])
      if (this.#last[index] === at) this.#slots.delete(index);
  }
}

/** Returns the operands that a slot of a result was computed from, and the slot of each. */
function sourcesOf(
  op: PlanOp,
  slot: number,
  slots: number,
): readonly { readonly index: number; readonly slot: number }[] {
  if (op.op === 'gather') return op.args.slice(slot, slot + 1).map((index) => ({ index, slot: 0 }));
  const from = op.op === 'rotate' ? (slot + op.steps) % slots : slot;
  return operands(op).map((index) => ({ index, slot: from }));
}

/**
 * Returns the slot with the largest error, and the largest magnitude expected in any slot. NaN
 * counts as an infinite error.
 */
function worstSlot(got: Float64Array, expected: (at: number) => number) {
  let [at, largest, magnitude] = [0, -1, 0];
  for (let i = 0; i < got.length; i++) {
    const clear = expected(i);
    const error = Math.abs(defined(got[i]) - clear);
    if (error > largest || Number.isNaN(error)) {
      at = i;
      largest = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    }
    magnitude = Math.max(magnitude, Math.abs(clear));
  }
  return { at, magnitude };
}
