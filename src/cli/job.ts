import type { Aim } from '../compile/candidate.ts';
import type { ClientRole } from '../compile/compile.ts';
import type { OptimizationLevel } from '../passes/stages.ts';
import type { SecurityDemand } from '../schemes/security.ts';
import type { Exact } from '../tensor/exact.ts';

/**
 * What a command line asks for, as plain data: it is made from the arguments in the main thread and done
 * in a worker, so that a long computation can be watched and interrupted.
 */

/** How results are shown. */
export interface View {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Whether standard output and standard error take colors. */
  readonly color: { readonly out: boolean; readonly err: boolean };
}

/** How circuits are compiled. */
export interface CompileSettings {
  readonly defines: ReadonlyMap<string, Exact>;
  readonly level: OptimizationLevel;
  /** Names of passes to run in place of the level's. */
  readonly passes: readonly string[] | undefined;
  /** Names of passes after which the circuit is printed, or 'all'. */
  readonly printAfter: readonly string[];
  readonly verify: boolean;
  readonly precisionBits: number;
  readonly security: SecurityDemand;
  /** Undefined for all iterations of a loop. */
  readonly unroll: number | undefined;
  readonly aim: Aim;
  readonly budget: number | undefined;
  /** Workers that times are predicted for. */
  readonly jobs: number;
  /** What the client may upload. */
  readonly client: ClientRole;
  /** Whether the program may be cut in stages, between which the client encrypts anew what is carried over. */
  readonly refresh: boolean;
}

export interface CheckJob {
  readonly command: 'check';
  readonly files: readonly string[];
  readonly defines: ReadonlyMap<string, Exact>;
}

export interface ReportJob {
  readonly command: 'report';
  readonly file: string;
  readonly settings: CompileSettings;
  /** Whether people are shown where tensors lie. */
  readonly packing: boolean;
}

export interface ExplainJob {
  readonly command: 'explain';
  readonly file: string;
  readonly settings: CompileSettings;
}

export interface ExploreJob {
  readonly command: 'explore';
  readonly file: string;
  readonly settings: CompileSettings;
  /** Directory for the plans; undefined for none. */
  readonly output: string | undefined;
}

export interface CompileJob {
  readonly command: 'compile';
  readonly file: string;
  readonly settings: CompileSettings;
  readonly emit: 'plan' | 'dot' | 'svg';
  /** Undefined for standard output. */
  readonly output: string | undefined;
}

/** What is evaluated, and with which data. */
export interface EvaluationJob extends DataJob {
  /** A circuit or a plan. */
  readonly file: string;
  readonly settings: CompileSettings;
  /** Options given that have no use for a plan, which is compiled already. */
  readonly compileOptions: readonly string[];
  readonly vectors: string | undefined;
  /** Bytes that WebAssembly memory may take; undefined for the default. */
  readonly memory: number | undefined;
  /** Most workers that may evaluate; undefined for as many as there are cores. */
  readonly jobs: number | undefined;
}

export interface EvalJob extends EvaluationJob {
  readonly command: 'eval';
  readonly backend: 'seal' | 'plain';
  readonly compare: boolean;
}

/** `eval --backend debug`. */
export interface DebugJob extends EvaluationJob {
  readonly command: 'debug';
}

export interface VerifyJob {
  readonly command: 'verify';
  readonly files: readonly [string, string];
  readonly defines: ReadonlyMap<string, Exact>;
}

export interface FmtJob {
  readonly command: 'fmt';
  readonly files: readonly string[];
  readonly mode: 'print' | 'write' | 'check';
}

export interface CalibrateJob {
  readonly command: 'calibrate';
  /** Whether the largest ring is measured, too. */
  readonly full: boolean;
  /** Whether the stored cost model is removed, and nothing measured. */
  readonly reset: boolean;
}

/** What is written of keys, uploads and results. */
interface WritingJob {
  /** Whether files that are there are replaced. */
  readonly force: boolean;
  readonly compress: boolean;
}

/** What is done with a plan and files of a client or a server. */
interface RoleJob {
  /** The plan. */
  readonly file: string;
  readonly allowUncheckedRing: boolean;
}

/** Data that the command line names. */
export interface DataJob {
  readonly inputs: string | undefined;
  /** Files of single inputs, by input name. */
  readonly input: ReadonlyMap<string, string>;
}

export interface KeygenJob extends RoleJob, WritingJob {
  readonly command: 'keygen';
  /** Directory for the keys. */
  readonly output: string;
}

export interface EncryptJob extends RoleJob, WritingJob, DataJob {
  readonly command: 'encrypt';
  /** The directory of a client, or a secret or public key. */
  readonly keys: string;
  readonly output: string;
  /** Whether other parties encrypt the inputs that are not given. */
  readonly partial: boolean;
}

/** `eval --keys`: the server's side. */
export interface ServeJob extends RoleJob, WritingJob, DataJob {
  readonly command: 'serve';
  readonly keys: string;
  readonly uploads: readonly string[];
  readonly output: string;
  readonly memory: number | undefined;
  readonly jobs: number | undefined;
}

export interface DecryptJob extends RoleJob {
  readonly command: 'decrypt';
  /** The directory of a client, or a secret key. */
  readonly keys: string;
  readonly result: string;
  /** Uploads that the result has to come from; any, if there are none. */
  readonly uploads: readonly string[];
}

export interface InspectJob extends RoleJob {
  readonly command: 'inspect';
}

export type Job =
  | CheckJob
  | ReportJob
  | ExplainJob
  | ExploreJob
  | CompileJob
  | EvalJob
  | DebugJob
  | VerifyJob
  | FmtJob
  | CalibrateJob
  | KeygenJob
  | EncryptJob
  | ServeJob
  | DecryptJob
  | InspectJob;

/** 0 done, 1 refused, 2 wrong command line or environment, 3 failed. */
export type Status = 0 | 1 | 2 | 3;

/** What a command found, before it is known how that is shown. */
export interface Result {
  readonly status: Status;
  /** The document that `--json` prints. */
  readonly json: unknown;
  /** What people read on standard output; complete lines. */
  text(color: boolean): string;
  /** What people read on standard error, without `--quiet`; complete lines. */
  notes?(color: boolean): string;
  /** What is wrong, for people, also with `--quiet`; part of `json` otherwise. */
  errors?(color: boolean): string;
  /** What `--print-after` asks for, on standard error, also with `--quiet` and `--json`; complete lines. */
  readonly steps?: string;
  /** Files to be written, all or none of each. */
  readonly files?: readonly OutputFile[];
}

export interface OutputFile {
  readonly path: string;
  /** Undefined if there is to be no such file. */
  readonly content: string | undefined;
  /** Whether missing directories on the way are made. */
  readonly makesDirectory?: true;
}

/** What is left to the main thread: to print, to write, to exit. */
export interface Outcome {
  readonly status: Status;
  readonly stdout: string;
  readonly stderr: string;
  readonly files: readonly OutputFile[];
}

/** Told of a file that is there until another one is whole. */
export type OnTemporary = (path: string) => void;

/** Tells how far a phase of a long computation is; `total` is 0 where that is not known. */
export type Progress = (done: number, total: number, phase: string) => void;
