import { type CostModel, operationTimes } from '../../cost/cost-model.ts';
import { defined, last } from '../../lookup.ts';
import type { Plan } from '../../plan/plan.ts';
import { isReplicated, type Share } from '../../plan/worker-shares.ts';

/**
 * Measures the progress of several runs of a plan, all workers together: in predicted milliseconds
 * of work for CKKS, in operations on ciphertexts for BFV and BGV, which have no predicted times.
 */
export class ProgressMeter {
  /** For each share, the work before each of its operations, and at the end all of its work. */
  readonly #before: readonly Float64Array[];
  readonly #progress: Int32Array;
  /** The work of one run. */
  readonly #ofRun: number;
  #runsDone = 0;
  readonly total: number;

  /** @param progress see {@link Work} */
  constructor(
    plan: Plan,
    shares: readonly Share[],
    model: CostModel,
    runs: number,
    progress: Int32Array,
  ) {
    const times = plan.scheme === 'ckks' ? operationTimes(plan, model) : evenTimes(plan);
    this.#before = shares.map(({ ops }) => sumsBefore(ops.map((at) => defined(times[at]))));
    this.#progress = progress;
    this.#ofRun = this.#before.reduce((sum, before) => sum + last(before), 0);
    this.total = runs * this.#ofRun;
  }

  /** The work done so far. */
  get done(): number {
    const { total } = this;
    const current = this.#before.reduce(
      (sum, before, worker) =>
        sum + defined(before[Math.max(0, Atomics.load(this.#progress, worker))]),
      0,
    );
    return Math.min(total, this.#runsDone * this.#ofRun + current);
  }

  /** Must be called after each run. */
  nextRun(): void {
    this.#runsDone++;
    this.#progress.fill(-1);
  }
}

function evenTimes({ ops }: Plan): Float64Array {
  return Float64Array.from(ops.map((op) => Number(!isReplicated(op))));
}

/** Returns the sums of the first 0, 1, … numbers. */
function sumsBefore(numbers: readonly number[]): Float64Array {
  const sums = new Float64Array(numbers.length + 1);
  numbers.forEach((number, i) => {
    sums[i + 1] = defined(sums[i]) + number;
  });
  return sums;
}
