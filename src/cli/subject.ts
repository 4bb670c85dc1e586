import type { Inputs } from '../data/inputs.ts';
import type { Origin } from '../ir/graph.ts';
import type { Measures } from '../plan/measures.ts';
import type { Plan } from '../plan/plan.ts';
import type { Outputs } from '../report/deviations.ts';
import type { StageFacts } from '../report/stage-facts.ts';
import type { Diagnostic, Source } from '../syntax/diagnostic.ts';
import type { CompileSettings } from './compile-options.ts';
import type { Interface } from './eval-data.ts';

/** What is evaluated: a circuit, a plan, or a plan in stages. */
export interface SubjectJob {
  readonly file: string;
  readonly settings: CompileSettings;
  /** Options given that have no use for a plan, which is compiled already. */
  readonly compileOptions: readonly string[];
}

/** A plan and what it costs. */
export interface PlanWithMeasures {
  readonly plan: Plan;
  readonly measures: Measures;
}

/** A circuit or a plan that was read. */
export interface Subject extends Interface {
  readonly source: Source;
  /** Compiles for given data, as far as that is still to be done. */
  prepare(instances: readonly Inputs[]): PreparedSubject;
}

/** Something to evaluate, ready for its data. */
export interface PreparedSubject {
  /** One, or several that are evaluated one after the other. */
  readonly stages: readonly StageFacts[];
  /** Where in the text each operation of a single plan comes from; a plan from a file does not know. */
  readonly origins: readonly (Origin | undefined)[];
  /** The form as written, or why there is none to evaluate. */
  readonly written: PlanWithMeasures | string;
  readonly warnings: readonly Diagnostic[];
  /** The clear computation that results are compared with. */
  clear(inputs: Inputs): Promise<Outputs> | Outputs;
}
