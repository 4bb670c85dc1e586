import type { EvaluateOptions, Evaluation, Instance } from '../backends/evaluation.ts';
import type { ErrorCode } from '../errors/codes.ts';
import type { Plan } from '../plan/plan.ts';
import type { StageFacts } from '../report/stage-facts.ts';

/** A backend: it evaluates plans, or writes programs that evaluate them. */
export type Backend = EvaluatingBackend | EmittingBackend;

interface Named {
  readonly name: string;
  /** What it does with a plan, in a few words, for people. */
  readonly summary: string;
}

/** A backend that evaluates plans. */
export interface EvaluatingBackend extends Named {
  /** What must be loaded before it can evaluate, if anything. */
  readonly requires?: BackendRequirement;
  /** Whether it encrypts: otherwise there are no error bounds to check and no keys to store. */
  readonly encrypts: boolean;
  /**
   * Whether it inspects the operations of one plan, so that neither stages nor a comparison of
   * forms apply.
   */
  readonly inspectsPlan?: true;
  /**
   * Returns the plan to evaluate within `memory` bytes: it may use fewer keys. Missing if the
   * backend's memory cannot be limited.
   */
  readonly withinMemory?: (plan: Plan, memory: number) => Promise<Plan>;
  /**
   * Returns what limits the evaluation of a plan to one thread, for messages; undefined if several
   * workers can evaluate it.
   */
  singleThreaded(plan: Plan): string | undefined;
  /**
   * Evaluates a plan, client and server in one process.
   *
   * @param instances inputs by name, already checked against the plan
   * @throws ShoalError `memory-too-small`, `division-by-zero` or `evaluation-failed`; or the
   *   signal's reason
   */
  evaluate(
    plan: Plan,
    instances: readonly Instance[],
    options: EvaluateOptions,
  ): Promise<Evaluation>;
}

/** A backend that writes programs which evaluate plans. */
export interface EmittingBackend extends Named {
  /** Returns a program for plans that are evaluated one after the other. */
  emit(stages: readonly StageFacts[]): Promise<Emission>;
}

/** Something that must be loaded before a backend can evaluate. */
export interface BackendRequirement {
  /** The code of the error if it cannot be loaded. */
  readonly code: ErrorCode;
  load(): Promise<unknown>;
}

/** A compiled circuit as one text or as the files of a directory. */
export type Emission = EmittedText | EmittedFiles;

/** A compiled circuit as one text. */
export interface EmittedText {
  readonly text: string;
  /** The same as a JSON value, if the text is JSON. */
  readonly json?: unknown;
  /** The digest of the plan, if the text is one. */
  readonly digest?: string;
}

/** A compiled circuit as the files of a directory. */
export interface EmittedFiles {
  readonly files: readonly {
    /** Relative to the directory. */
    readonly path: string;
    readonly content: string;
  }[];
}
