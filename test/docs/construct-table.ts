import { compile } from '../../src/compile/compile.ts';

/** The lines of docs/language.md around the table. */
const MARKERS = {
  from: '<!-- the table of constructs, written by `npm run docs` -->',
  to: '<!-- end of the table of constructs -->',
} as const;

/** A construct, and programs that use it on inputs `x, y: cipher[64]` and `A, B: cipher[8, 8]`. */
export interface ConstructRow {
  readonly construct: string;
  /** The result, from x, y, A and B; computed values are named in the same way. */
  readonly program: string;
  /** Inputs and computed values, if they are others. */
  readonly inputs?: string;
  readonly computed?: string;
}

const IMAGE = {
  inputs: 'input x: cipher[28, 28] within [-1, 1];',
  computed: 'input x_: cipher[28, 28] within [-1, 1]; let x = x_*x_;',
};

export const CONSTRUCTS: readonly ConstructRow[] = [
  { construct: '`x + y`, `x - y`, `-x`', program: 'output z = x - y;' },
  { construct: '`0.3*x`, `x/7`', program: 'output z = 0.3*x;' },
  { construct: '`x*y`, `x^2`', program: 'output z = x*y;' },
  { construct: '`x^5`', program: 'output z = x^5;' },
  { construct: '`x[3]`, `x[3..9]`', program: 'output z = x[3..9];' },
  { construct: '`x[..64..3]`', program: 'output z = x[..64..3];' },
  { construct: '`v[3] = 0`', program: 'var v = x; v[3] = 0; output z = v;' },
  { construct: '`[x, y]`', program: 'output z = [x, y];' },
  { construct: '`concat(x[1..], x[..1])`', program: 'output z = concat(x[1..], x[..1]);' },
  { construct: '`A.T`, `transpose(A, 1, 0)`', program: 'output z = A.T;' },
  { construct: '`reshape(x, 8, 8)`, `flatten(A)`', program: 'output z = reshape(x, 8, 8) + A;' },
  { construct: '`diag(A)`', program: 'output z = diag(A);' },
  { construct: '`diag(x[..8])`', program: 'output z = diag(x[..8]);' },
  { construct: '`trace(A)`', program: 'output z = trace(A);' },
  { construct: '`sum(x)`', program: 'output z = sum(x);' },
  { construct: '`mean(x)`', program: 'output z = mean(x);' },
  { construct: '`sum(A, 0)`, `sum(A, 1)`', program: 'output z = sum(A, 1);' },
  { construct: '`cumsum(x)`', program: 'output z = cumsum(x);' },
  { construct: '`rotate(x, 1)`', program: 'output z = rotate(x, 1);' },
  { construct: '`dot(x, y)`', program: 'output z = dot(x, y);' },
  { construct: '`outer(x[..8], y[..8])`', program: 'output z = outer(x[..8], y[..8]);' },
  { construct: '`A @ x[..8]`', program: 'output z = A @ x[..8];' },
  { construct: '`A @ B`', program: 'output z = A @ B;' },
  { construct: '`kron(A, B)`', program: 'output z = kron(A, B);' },
  {
    construct: '`conv2d(x, k)`: 28×28, constant k of 5×5',
    program: 'const k = reshape(0.1*cumsum(ones(25)), 5, 5); output z = conv2d(x, k);',
    ...IMAGE,
  },
  { construct: '`avgpool(x, 2)`: 28×28', program: 'output z = avgpool(x, 2);', ...IMAGE },
];

const INPUTS = 'input x: cipher[64] within [-1, 1]; input A: cipher[8, 8] within [-1, 1];';
const OTHERS = 'input y: cipher[64] within [-1, 1]; input B: cipher[8, 8] within [-1, 1];';
const COMPUTED =
  'input x_: cipher[64] within [-1, 1]; input A_: cipher[8, 8] within [-1, 1]; ' +
  'input y_: cipher[64] within [-1, 1]; input B_: cipher[8, 8] within [-1, 1]; ' +
  'let x = x_*x_; let y = y_*y_; let A = A_*A_; let B = B_*B_;';

/** Returns the levels and rotations of a row, on inputs and on computed values. */
export function costsOf({ program, inputs, computed }: ConstructRow) {
  const measures = (text: string) => compile({ file: 'row.circ', text }, {}).optimized.measures;
  const onInputs = measures(`${inputs ?? `${INPUTS} ${OTHERS}`} ${program}`);
  const onComputed = measures(`${computed ?? COMPUTED} ${program}`);
  return {
    inputs: { levels: onInputs.levels ?? 0, rotations: onInputs.ops.rotate },
    computed: { levels: (onComputed.levels ?? 0) - 1, rotations: onComputed.ops.rotate },
  };
}

const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;

const HEAD = [
  'construct',
  'levels, of inputs',
  'rotations',
  'levels, of computed values',
  'rotations',
];

/** Returns a page with its table of constructs replaced. */
export function withConstructTable(page: string): string {
  const [from, to] = [page.indexOf(MARKERS.from), page.indexOf(MARKERS.to)];
  if (from < 0 || to < from) throw new Error('docs/language.md has no lines for the table');
  const rows = CONSTRUCTS.map((row) => {
    const { inputs, computed } = costsOf(row);
    const figures = [inputs.levels, inputs.rotations, computed.levels, computed.rotations];
    return line([row.construct, ...figures]);
  });
  const table = [line(HEAD), line(HEAD.map(() => '---')), ...rows];
  return `${page.slice(0, from)}${MARKERS.from}\n\n${table.join('\n')}\n\n${page.slice(to)}`;
}
