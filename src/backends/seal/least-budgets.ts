import { leastBudget, wholeOutputs } from '../../plan/outputs.ts';
import type { Plan } from '../../plan/plan.ts';

/** Noise budgets of a plan's outputs, the least of all runs. */
export class LeastBudgets {
  readonly #plan: Plan;
  readonly #least = new Map<number, number>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** @param budgets bits by value, of one run */
  note(budgets: ReadonlyMap<number, number>): void {
    for (const [value, bits] of budgets)
      this.#least.set(value, Math.min(bits, this.#least.get(value) ?? bits));
  }

  /** By name; null for outputs in clear. */
  ofOutputs(): Readonly<Record<string, number | null>> {
    return Object.fromEntries(
      wholeOutputs(this.#plan.outputs).map(({ name, parts }) => [
        name,
        leastBudget(parts.map(({ value }) => this.#least.get(value) ?? null)),
      ]),
    );
  }
}
