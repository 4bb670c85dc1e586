import { leastBudget, wholeOutputs } from '../../plan/outputs.ts';
import type { Plan } from '../../plan/plan.ts';

/** Keeps the smallest noise budget of each output of a plan, over all runs. */
export class LeastBudgets {
  readonly #plan: Plan;
  readonly #least = new Map<number, number>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Takes the budgets of one run into account. `budgets` are in bits, by value. */
  note(budgets: ReadonlyMap<number, number>): void {
    for (const [value, bits] of budgets)
      this.#least.set(value, Math.min(bits, this.#least.get(value) ?? bits));
  }

  /** Returns the budgets in bits by output name; null for outputs in the clear. */
  ofOutputs(): Readonly<Record<string, number | null>> {
    return Object.fromEntries(
      wholeOutputs(this.#plan.outputs).map(({ name, parts }) => [
        name,
        leastBudget(parts.map(({ value }) => this.#least.get(value) ?? null)),
      ]),
    );
  }
}
