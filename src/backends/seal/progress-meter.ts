import { type CostModel, operationTimes } from '../../cost/cost-model.ts';
import { defined, last } from '../../lookup.ts';
import type { Plan } from '../../plan/plan.ts';
import { isReplicated, type Share } from '../../plan/worker-shares.ts';

/**
 * How far several runs of a plan are, in predicted milliseconds of work, all workers together; of integers, whose
 * operations have no prediction, in operations on ciphertexts.
 */
export class ProgressMeter {
  /** For each share the work before each of its places, and all of it. */
  readonly #before: readonly Float64Array[];
  readonly #places: Int32Array;
  readonly #run: number;
  #runsDone = 0;
  readonly total: number;

  /** @param places place of each worker's operation in progress, -1 before the first */
  constructor(
    plan: Plan,
    shares: readonly Share[],
    model: CostModel,
    runs: number,
    places: Int32Array,
  ) {
    const times = plan.scheme === 'ckks' ? operationTimes(plan, model) : evenTimes(plan);
    this.#before = shares.map(({ ops }) => sumsBefore(ops.map((at) => defined(times[at]))));
    this.#places = places;
    this.#run = this.#before.reduce((sum, before) => sum + last(before), 0);
    this.total = runs * this.#run;
  }

  /** Work that is done. */
  get done(): number {
    const { total } = this;
    const ofRun = this.#before.reduce(
      (sum, before, worker) =>
        sum + defined(before[Math.max(0, Atomics.load(this.#places, worker))]),
      0,
    );
    return Math.min(total, this.#runsDone * this.#run + ofRun);
  }

  /** To be called between two runs. */
  nextRun(): void {
    this.#runsDone++;
    this.#places.fill(-1);
  }
}

function evenTimes({ ops }: Plan): Float64Array {
  return Float64Array.from(ops.map((op) => Number(!isReplicated(op))));
}

/** The sums of the first 0, 1, … numbers. */
function sumsBefore(numbers: readonly number[]): Float64Array {
  const sums = new Float64Array(numbers.length + 1);
  numbers.forEach((number, i) => {
    sums[i + 1] = defined(sums[i]) + number;
  });
  return sums;
}
