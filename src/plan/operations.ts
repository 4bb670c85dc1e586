import type { CipherOp, ClearOp, PlanOp } from './plan.ts';

/**
 * The facts that follow from an operation's name. Costs, errors and intervals of operations are in
 * the layers that compute them, in tables and switches of all operations.
 */
interface Traits {
  /** The function of the operands' slots that it computes; `keep` leaves the slots unchanged. */
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

/** The traits of an operation that yields a clear value; all of its operands are clear. */
interface ClearTraits extends Traits {
  readonly yields: 'clear';
}

/** The traits of an operation that yields a ciphertext. */
interface CipherTraits extends Traits {
  readonly yields: 'cipher';
  /** Kinds of operands, in order; `any`: any number of both, at least one of them encrypted. */
  readonly operands: readonly ('cipher' | 'clear')[] | 'any';
  /** Level of encrypted operands, relative to that of the result. */
  readonly from: 'same' | 'next' | 'above' | 'sameOrAbove';
  /** The most polynomials that an encrypted operand may have. */
  readonly takes: 2 | 3;
  /** Polynomials of the result; `most`: as many as the largest operand has. */
  readonly gives: 2 | 3 | 'most';
  /** The evaluation key that it needs. */
  readonly key: 'relinearization' | 'rotation' | undefined;
  /** The field of `OperationCounts` in measures.ts that counts it. */
  readonly counted: string | undefined;
}

/** The traits of most operations: they accept ciphertexts of any size and keep it. */
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
  /** At scale `one` the operand has the same level: see `operandLevel` in operand-rules.ts. */
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

/** The names of the operations with these traits. */
export type OpWith<Wanted> = {
  [Op in keyof Operations]: Operations[Op] extends Wanted ? Op : never;
}[keyof Operations];

/** An operation on a ciphertext and a clear value. */
export type PlainOp = Extract<
  CipherOp,
  { op: OpWith<{ readonly operands: readonly ['cipher', 'clear'] }> }
>;

const CLEAR_NAMES: ReadonlySet<string> = new Set(
  Object.entries(OPERATIONS).flatMap(([name, { yields }]) => (yields === 'clear' ? [name] : [])),
);

/** Whether an operation yields a clear value. */
export function isClear<O extends { readonly op: PlanOp['op'] }>(
  op: O,
): op is Extract<O, { readonly op: ClearOp['op'] }> {
  return CLEAR_NAMES.has(op.op);
}

/** Whether an operation's operands are a ciphertext and a clear value. */
export function takesPlain<O extends { readonly op: PlanOp['op'] }>(
  op: O,
): op is Extract<O, { readonly op: PlainOp['op'] }> {
  const traits: ClearTraits | CipherTraits = OPERATIONS[op.op];
  return traits.yields === 'cipher' && traits.operands[1] === 'clear';
}
