import type { EvaluateOptions, Evaluation, Instance } from '../backends/evaluation.ts';
import type { ErrorCode } from '../errors/codes.ts';
import type { Plan } from '../plan/plan.ts';
import type { StageFacts } from '../report/stage-facts.ts';

/** What plans are given to, for it to evaluate them, or to write programs that do. */
export type Backend = EvaluatingBackend | EmittingBackend;

interface Named {
  readonly name: string;
  /** What it does with a plan, for people, in a few words. */
  readonly summary: string;
}

/** A backend that evaluates plans. */
export interface EvaluatingBackend extends Named {
  /** What has to be there before it can evaluate; nothing, if not given. */
  readonly requires?: BackendRequirement;
  /** Whether anything is encrypted: what is not has no errors to promise and no keys to store. */
  readonly encrypts: boolean;
  /** Whether it looks into one plan, so that stages and a second form have no use. */
  readonly looksInto?: true;
  /**
   * The plan to evaluate in so many bytes of memory, which may have fewer keys; not given where
   * nothing takes memory that could be limited.
   */
  readonly withinMemory?: (plan: Plan, memory: number) => Promise<Plan>;
  /** What evaluates a plan on one thread, for people; undefined where several workers can. */
  singleThreaded(plan: Plan): string | undefined;
  /**
   * Evaluates a plan, client and server in one process.
   *
   * @param instances inputs by name, checked against the plan's inputs beforehand
   * @throws ShoalError `memory-too-small`, `division-by-zero` or `evaluation-failed`, or the signal's reason
   */
  evaluate(
    plan: Plan,
    instances: readonly Instance[],
    options: EvaluateOptions,
  ): Promise<Evaluation>;
}

/** A backend that writes programs which evaluate plans. */
export interface EmittingBackend extends Named {
  /** The program for plans that are evaluated one after the other. */
  emit(stages: readonly StageFacts[]): Promise<Emission>;
}

/** What has to be loaded before a backend can evaluate. */
export interface BackendRequirement {
  /** The code of the error where it cannot be loaded. */
  readonly code: ErrorCode;
  load(): Promise<unknown>;
}

/** What a compiled circuit is written as: one text, or files of a directory. */
export type Emission = EmittedText | EmittedFiles;

export interface EmittedText {
  readonly text: string;
  /** The same as JSON, where it has such a form. */
  readonly json?: unknown;
}

export interface EmittedFiles {
  readonly files: readonly {
    /** Below the directory. */
    readonly path: string;
    readonly content: string;
  }[];
}
