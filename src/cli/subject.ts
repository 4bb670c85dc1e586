import type { Inputs } from '../data/inputs.ts';
import type { Origin } from '../ir/graph.ts';
import type { Measures } from '../plan/measures.ts';
import type { Plan } from '../plan/plan.ts';
import type { Outputs } from '../report/deviations.ts';
import type { StageFacts } from '../report/stage-facts.ts';
import type { Diagnostic, Source } from '../syntax/diagnostic.ts';
import type { CompileSettings } from './compile-options.ts';
import type { Interface } from './eval-data.ts';

/** A task that evaluates a circuit, a plan, or a plan in stages. */
export interface SubjectJob {
  readonly file: string;
  readonly settings: CompileSettings;
  /** The given options that cannot be used with a plan, because it is compiled already. */
  readonly compileOptions: readonly string[];
}

/** A plan and its measures. */
export interface PlanWithMeasures {
  readonly plan: Plan;
  readonly measures: Measures;
}

/** A circuit or plan, read from a file. */
export interface Subject extends Interface {
  readonly source: Source;
  /** Compiles a circuit for the given data. Does nothing for a plan. */
  prepare(instances: readonly Inputs[]): PreparedSubject;
}

/** A compiled program, ready to be evaluated. */
export interface PreparedSubject {
  /** One stage, or several to evaluate one after the other. */
  readonly stages: readonly StageFacts[];
  /** The source location of each operation of a single plan; empty for a plan from a file. */
  readonly origins: readonly (Origin | undefined)[];
  /** The source form, or the reason why it cannot be evaluated. */
  readonly sourceForm: PlanWithMeasures | string;
  readonly warnings: readonly Diagnostic[];
  /** Computes in the clear the outputs that results are compared with. */
  clear(inputs: Inputs): Promise<Outputs> | Outputs;
}
