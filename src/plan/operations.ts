import type { CipherOp, ClearOp, PlanOp } from './plan.ts';

/**
 * What is known of an operation by its name: each fact once, for all who ask. What an operation costs, adds to
 * errors or does to intervals is up to the layers that know of it, in tables and switches of all operations.
 */
interface Traits {
  /** What it computes of its operands' slots; `keep` leaves the slots as they are. */
  readonly means:
    | 'constant'
    | 'input'
    | 'add'
    | 'subtract'
    | 'multiply'
    | 'negate'
    | 'invert'
    | 'rotate'
    | 'gather'
    | 'keep';
}

/** Of an operation that yields a value in clear; all of its operands are in clear. */
interface ClearTraits extends Traits {
  readonly yields: 'clear';
}

/** Of an operation that yields a ciphertext. */
interface CipherTraits extends Traits {
  readonly yields: 'cipher';
  /** Kinds of operands, in order; `any` number of both, one at least encrypted. */
  readonly operands: readonly ('cipher' | 'clear')[] | 'any';
  /** Level of encrypted operands, seen from that of the result. */
  readonly from: 'same' | 'next' | 'above' | 'sameOrAbove';
  /** Polynomials that an encrypted operand may have. */
  readonly takes: 2 | 3;
  /** Polynomials of the result; `most`: those of the operand that has most. */
  readonly gives: 2 | 3 | 'most';
  /** The evaluation key that it switches to. */
  readonly key: 'relinearization' | 'rotation' | undefined;
  /** What reports count it as: see `OperationCounts` in measures.ts. */
  readonly counted: string | undefined;
}

/** Most operations work on ciphertexts of any form, and keep it. */
const LINEAR = {
  yields: 'cipher',
  from: 'same',
  takes: 3,
  gives: 'most',
  key: undefined,
} as const;
const ONE = { ...LINEAR, operands: ['cipher'] } as const;
const TWO = { ...LINEAR, operands: ['cipher', 'cipher'] } as const;
const PLAIN = { ...LINEAR, operands: ['cipher', 'clear'] } as const;

/** The traits of all operations. */
export const OPERATIONS = {
  const: { yields: 'clear', means: 'constant' },
  plainInput: { yields: 'clear', means: 'input' },
  clearAdd: { yields: 'clear', means: 'add' },
  clearSub: { yields: 'clear', means: 'subtract' },
  clearMul: { yields: 'clear', means: 'multiply' },
  clearNegate: { yields: 'clear', means: 'negate' },
  clearInverse: { yields: 'clear', means: 'invert' },
  clearRotate: { yields: 'clear', means: 'rotate' },
  upload: { ...LINEAR, operands: [], means: 'input', gives: 2, counted: undefined },
  add: { ...TWO, means: 'add', counted: 'add' },
  sub: { ...TWO, means: 'subtract', counted: 'add' },
  negate: { ...ONE, means: 'negate', counted: 'negate' },
  addPlain: { ...PLAIN, means: 'add', counted: 'addPlain' },
  subPlain: { ...PLAIN, means: 'subtract', counted: 'addPlain' },
  mul: { ...TWO, means: 'multiply', takes: 2, gives: 3, counted: 'mul' },
  /** At scale `one` the operand is of the same level: see {@link operandLevel}. */
  mulPlain: { ...PLAIN, means: 'multiply', from: 'sameOrAbove', counted: 'mulPlain' },
  relinearize: { ...ONE, means: 'keep', gives: 2, key: 'relinearization', counted: 'relinearize' },
  rotate: { ...ONE, means: 'rotate', takes: 2, gives: 2, key: 'rotation', counted: 'rotate' },
  rescale: { ...ONE, means: 'keep', from: 'next', counted: 'rescale' },
  adjust: { ...ONE, means: 'keep', from: 'sameOrAbove', counted: 'lower' },
  lower: { ...ONE, means: 'keep', from: 'above', counted: 'lower' },
  modSwitch: { ...ONE, means: 'keep', from: 'above', counted: undefined },
  gather: { ...LINEAR, operands: 'any', means: 'gather', counted: undefined },
} as const satisfies Readonly<Record<ClearOp['op'], ClearTraits>> &
  Readonly<Record<CipherOp['op'], CipherTraits>>;

type Operations = typeof OPERATIONS;

/** Names of the operations that have some traits. */
export type OpWith<Wanted> = {
  [Op in keyof Operations]: Operations[Op] extends Wanted ? Op : never;
}[keyof Operations];

/** Operations on a ciphertext and a value in clear. */
export type PlainOp = Extract<
  CipherOp,
  { op: OpWith<{ readonly operands: readonly ['cipher', 'clear'] }> }
>;

const CLEAR_NAMES: ReadonlySet<string> = new Set(
  Object.entries(OPERATIONS).flatMap(([name, { yields }]) => (yields === 'clear' ? [name] : [])),
);

/** Whether an operation yields a value in clear. */
export function isClear<O extends { readonly op: PlanOp['op'] }>(
  op: O,
): op is Extract<O, { readonly op: ClearOp['op'] }> {
  return CLEAR_NAMES.has(op.op);
}

/** Whether an operation has a ciphertext and a value in clear as its operands. */
export function takesPlain<O extends { readonly op: PlanOp['op'] }>(
  op: O,
): op is Extract<O, { readonly op: PlainOp['op'] }> {
  const traits: ClearTraits | CipherTraits = OPERATIONS[op.op];
  return traits.yields === 'cipher' && traits.operands[1] === 'clear';
}
