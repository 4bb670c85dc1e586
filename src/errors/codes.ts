/** An exit status of a command that cannot do what it is asked to. */
export type ErrorStatus =
  /** The circuit, the data or a file is refused. */
  | 1
  /** The command line or the environment is wrong. */
  | 2
  /** Something that ought to have worked did not. */
  | 3;

/** What `shoal` can object to. */
type Objection = {
  /** In one sentence. */
  readonly title: string;
  /** The section of docs/errors.md that lists it. */
  readonly page: string;
} & (
  | {
      readonly severity: 'error';
      /** How a command ends that it is an error of. */
      readonly status: ErrorStatus;
    }
  | {
      readonly severity: 'warning';
      /** Set where it is an error of another command. */
      readonly status?: ErrorStatus;
    }
);

const SYNTAX = { page: 'Syntax', severity: 'error', status: 1 } as const;
const NAMES = { page: 'Names', severity: 'error', status: 1 } as const;
const VALUES = { page: 'Shapes, kinds and numbers', severity: 'error', status: 1 } as const;
const COMPILATION = { page: 'Compilation', severity: 'error', status: 1 } as const;
const WARNING = { page: 'Warnings', severity: 'warning' } as const;

const ELSEWHERE = { page: 'Data, files and the command line', severity: 'error' } as const;
const DATA = { ...ELSEWHERE, status: 1 } as const;
const USAGE = { ...ELSEWHERE, status: 2 } as const;
const FAILURE = { ...ELSEWHERE, status: 3 } as const;

/** Everything that `shoal` can object to, by code. Codes do not change from version to version. */
export const CODES = {
  'after-return': { ...SYNTAX, title: 'Something follows `return …;` in a function.' },
  arrow: { ...SYNTAX, title: 'There are no arrows; a function is written with `fn`.' },
  'assignment-operator': { ...SYNTAX, title: 'An assignment is written with `=`.' },
  'branch-not-polynomial': { ...SYNTAX, title: 'A branch on encrypted data is not a polynomial.' },
  'comparison-not-polynomial': { ...SYNTAX, title: 'A comparison is not a polynomial.' },
  'compound-assignment': { ...SYNTAX, title: 'There is no `+=`, `-=`, `*=` or `/=`.' },
  'empty-statement': { ...SYNTAX, title: 'A `;` with nothing before it.' },
  'expected-expression': { ...SYNTAX, title: 'An expression is missing.' },
  'expected-statement': { ...SYNTAX, title: 'A line starts with what can start no statement.' },
  'expression-statement': { ...SYNTAX, title: 'An expression alone does nothing: name its value.' },
  'file-too-large': { ...SYNTAX, title: 'A circuit has at most 8 MiB of text.' },
  'hash-comment': { ...SYNTAX, title: 'A comment starts with `//`.' },
  'indexed-assignment': { ...SYNTAX, title: 'Only whole variables are assigned.' },
  'invalid-utf8': { ...SYNTAX, title: 'The file has bytes that are not UTF-8.' },
  'logic-not-polynomial': { ...SYNTAX, title: 'There are no logical operators.' },
  'lookalike-character': {
    ...SYNTAX,
    title:
      'A character looks like one of the language, but is another: a typographic minus, a superscript, a wide blank.',
  },
  'malformed-number': {
    ...SYNTAX,
    title:
      'A number is not written as numbers are: digits on both sides of the point, no letters, no `_`.',
  },
  'misplaced-item': {
    ...SYNTAX,
    title: '`input`, `output`, `param`, `const`, `fn` and `scheme` stand outside of blocks.',
  },
  'misplaced-return': { ...SYNTAX, title: '`return` stands at the end of a function only.' },
  'missing-return': { ...SYNTAX, title: 'A function with a block ends with `return …;`.' },
  'missing-semicolon': { ...SYNTAX, title: 'Statements end with `;`.' },
  'nesting-too-deep': { ...SYNTAX, title: 'Brackets or blocks are nested too deeply.' },
  'non-ascii-name': { ...SYNTAX, title: 'Names are of ASCII letters, digits and `_`.' },
  'not-a-circuit': {
    ...SYNTAX,
    title:
      'The file holds JSON: a plan is evaluated with `shoal eval`, data are given with `--inputs`.',
  },
  'power-operator': { ...SYNTAX, title: 'A power is written with `^`.' },
  'range-operator': { ...SYNTAX, title: 'A range is written with `..` and excludes its end.' },
  'remainder-not-polynomial': { ...SYNTAX, title: 'A remainder is not a polynomial.' },
  'reserved-word': { ...SYNTAX, title: 'A keyword cannot be a name.' },
  'stray-character': { ...SYNTAX, title: 'A character that has no meaning here.' },
  'string-literal': { ...SYNTAX, title: 'There are no strings.' },
  'too-many-errors': {
    ...SYNTAX,
    title: 'A file has more errors than are worth reading; correct the first ones.',
  },
  'trailing-comma': { ...SYNTAX, title: 'A comma before a closing bracket.' },
  'unary-plus': { ...SYNTAX, title: 'There is no `+` before a number or a name.' },
  'unbounded-loop': {
    ...SYNTAX,
    title: 'The number of iterations must be known when the circuit is compiled.',
  },
  'unclosed-bracket': { ...SYNTAX, title: 'A bracket is never closed.' },
  'unexpected-end': { ...SYNTAX, title: 'The file ends in the middle of a statement.' },
  'unexpected-token': { ...SYNTAX, title: 'Something else is expected here.' },
  'unknown-keyword': {
    ...SYNTAX,
    title: 'A statement starts with a word that is almost a keyword.',
  },
  'unknown-property': { ...SYNTAX, title: 'The only property is the transpose, `.T`.' },
  'unmatched-bracket': { ...SYNTAX, title: 'Nothing opens this bracket.' },
  'unterminated-comment': { ...SYNTAX, title: 'A `/*` without `*/`.' },

  'duplicate-output': { ...NAMES, title: 'Two outputs have one name.' },
  'function-as-value': { ...NAMES, title: 'A function is used like a value: call it.' },
  'global-assigned': { ...NAMES, title: 'A function assigns a variable from outside.' },
  'no-output': { ...NAMES, title: 'A circuit without outputs computes nothing.' },
  'not-a-function': { ...NAMES, title: 'Something that is no function is called.' },
  'not-assignable': { ...NAMES, title: 'Only a `var` can be assigned.' },
  recursion: { ...NAMES, title: 'A function calls itself.' },
  redeclared: { ...NAMES, title: 'A name that is visible here is declared again.' },
  'unknown-function': { ...NAMES, title: 'There is no function of this name at this place.' },
  'unknown-name': {
    ...NAMES,
    title:
      'There is nothing of this name at this place: it is misspelt, declared further down, or in a block that has ended.',
  },
  'unknown-param': {
    ...NAMES,
    status: 2,
    title: '`-D` names something that is no `param` of the circuit.',
  },
  'wrong-arguments': {
    ...NAMES,
    title: 'A function is called with too many or too few arguments.',
  },

  'axis-out-of-range': { ...VALUES, title: '`sum(x, axis)` of an axis that x lacks.' },
  'bad-extent': { ...VALUES, title: 'An axis has at least one element.' },
  'constant-overflow': { ...VALUES, title: 'A constant is larger than any float64, 1.8e308.' },
  'division-by-cipher': { ...VALUES, title: 'Division by a ciphertext is not a polynomial.' },
  'division-by-zero': {
    ...VALUES,
    title: 'A constant divisor is exactly 0; or, when a circuit is evaluated, a plain one is.',
  },
  'duplicate-scheme': { ...VALUES, title: 'A file has one `scheme`.' },
  'empty-range': { ...VALUES, title: 'The ends of `within [low, high]` are in the wrong order.' },
  'index-out-of-range': {
    ...VALUES,
    title: 'An index or a slice reaches outside, or a slice is empty.',
  },
  'negative-exponent': {
    ...VALUES,
    title: 'A negative power of a ciphertext is not a polynomial; see `division-by-cipher`.',
  },
  'not-a-number': {
    ...VALUES,
    title:
      'A function of a constant has no value, such as `sqrt(-1)`; or, in data, something is not a finite number.',
  },
  'not-an-integer-constant': {
    ...VALUES,
    title:
      'The schemes `bfv` and `bgv` compute with integers, so the constants that meet data are integers, below 2^53 in magnitude.',
  },
  'not-constant': {
    ...VALUES,
    title: 'An index, bound, exponent, extent or number of steps is not known to the compiler.',
  },
  'not-integer': {
    ...VALUES,
    title:
      'An index, bound, exponent, extent or number of steps is not an integer, or not below 2^53.',
  },
  'not-polynomial': {
    ...VALUES,
    title: '`sqrt`, `exp`, `log`, `abs`, `floor`, `min` and `max` are for constants.',
  },
  'not-scalar': { ...VALUES, title: 'One number is wanted, not a vector.' },
  rank: {
    ...VALUES,
    title:
      'A value has too many or too few axes: there are three at most; `dot`, `outer` and `rotate` take vectors, `.T` a matrix, `poly` a vector of coefficients.',
  },
  'scheme-modulus': {
    ...VALUES,
    title:
      'The option `t` is an integer from 2 to 2^53: larger residues would be no exact numbers in JSON.',
  },
  'shape-mismatch': { ...VALUES, title: 'Two shapes do not fit.' },
  'tensor-too-large': {
    ...VALUES,
    title: 'A tensor has more than 2^24 elements, or a constant more than 2^20.',
  },
  'too-deep': {
    ...VALUES,
    title: 'Expressions, loops and calls are nested too deeply when functions are expanded.',
  },
  'too-large': {
    ...VALUES,
    title:
      'The circuit expands to more than 4,000,000 operations, or computing its constants takes more than 2^24 steps.',
  },
  'too-many-indices': { ...VALUES, title: 'There are more indices than axes.' },
  'unknown-scheme': { ...VALUES, title: 'The schemes are `ckks`, `bfv` and `bgv`.' },
  'unknown-scheme-option': {
    ...VALUES,
    title: '`bfv` and `bgv` have the option `t`, `ckks` has none.',
  },

  'no-parameters': {
    ...COMPILATION,
    title:
      'No ring that is secure has the levels that the circuit needs, or none is as precise as `--precision` asks for, or, for integers, none holds the noise.',
  },
  'limits-not-met': {
    ...COMPILATION,
    severity: 'warning',
    title:
      'No circuit that was found keeps to `--max-width` or `--max-ops`; the message says how far the smallest one is from them.',
  },

  'assumed-range': {
    ...WARNING,
    title:
      'An input has no `within`, and there are no data to take its range from: [-1, 1] is assumed, and data outside will be refused.',
  },
  'constant-vanishes': {
    ...WARNING,
    title: 'A factor is so small that it is 0 at the scale of the ciphertext.',
  },
  'unchecked-ring': {
    ...WARNING,
    status: 1,
    title: 'The parameters are of the ring N = 65536, which `--allow-unchecked-ring` lets them be.',
  },
  vanishes: {
    ...WARNING,
    title:
      'A term is 0 whatever the inputs are: something is multiplied by 0, or subtracted from itself.',
  },

  'bad-cost-model': {
    ...DATA,
    title:
      'a stored cost model that is damaged or of another version: `shoal calibrate` measures again, `--reset` removes it',
  },
  'bad-file': {
    ...DATA,
    title:
      'a key, upload or result with right checksums that does not hold what its plan wants: made by another program, or on purpose; see [the format](format.md#what-a-reader-checks)',
  },
  'bad-plan': {
    ...DATA,
    title: 'a plan that is damaged, or changed by hand so that it breaks a rule',
  },
  'cannot-read': { ...USAGE, title: 'a file that does not exist or may not be read' },
  'cannot-write': { ...FAILURE, title: 'a file that cannot be written' },
  'carried-out-of-range': {
    ...FAILURE,
    title:
      'between two [stages](cli.md#stages), what was decrypted lies outside the range that the next stage is made for: declare ranges that are nearer to the data, or let values grow less',
  },
  'cipher-input': {
    ...DATA,
    title:
      'data for an encrypted input, given to `eval --keys`: the server may not have it in clear',
  },
  'duplicate-key': { ...DATA, title: 'a name stands twice in one object of a JSON file' },
  'error-bound-exceeded': {
    ...FAILURE,
    title:
      'a result is further from the clear computation than promised; declare ranges with `within`',
  },
  'evaluation-failed': { ...FAILURE, title: 'SEAL refused an operation' },
  'exposed-secret-key': {
    ...ELSEWHERE,
    severity: 'warning',
    title: 'others than its owner may read or write a secret key; `chmod 600` it',
  },
  'file-cut-off': { ...DATA, title: 'a key, upload or result that ends too early: send it again' },
  'file-damaged': {
    ...DATA,
    title: 'a key, upload or result that was changed on its way, or on the disk: send it again',
  },
  'file-exists': {
    ...DATA,
    title: 'a key, upload or result would replace a file; `--force` lets it',
  },
  'file-too-long': { ...DATA, title: 'a key, upload or result with something behind its end' },
  'file-version': {
    ...DATA,
    title: 'a key, upload or result that another version of shoal has written',
  },
  'internal-error': { ...FAILURE, title: 'a mistake in shoal: please report it with the circuit' },
  interrupted: { ...FAILURE, title: 'stopped by a signal' },
  'memory-too-small': {
    ...DATA,
    title:
      "an evaluation that does not fit in memory, even with one key of each level at a time: give a larger `--memory`, or, where WebAssembly's 4 GiB or the machine's memory end, compute less at a time",
  },
  'missing-input': { ...DATA, title: 'an input of the circuit for which there are no data' },
  'not-a-file': { ...DATA, title: 'a directory or device where a file is wanted' },
  'not-a-plan': { ...DATA, title: 'a file that is neither a circuit nor a plan' },
  'not-a-shoal-file': {
    ...DATA,
    title: 'a file that is no key, upload or result, or was sent as text',
  },
  'not-an-integer': {
    ...DATA,
    title:
      'a number in the data of a circuit on integers that is none, or is 2^53 or more in magnitude',
  },
  'not-an-object': { ...DATA, title: 'JSON of another form than `{ "x": 2, … }`' },
  'not-csv': {
    ...DATA,
    title: 'a table with cells that are no numbers, or rows of different lengths',
  },
  'not-json': { ...DATA, title: 'a file that is not JSON' },
  'not-npy': {
    ...DATA,
    title: 'a file that is not an array of numpy, or one of a type that is not read',
  },
  'not-vectors': {
    ...DATA,
    title:
      'test vectors of another form than `{ "tolerance": …, "vectors": [ { "inputs": …, "expect": … } ] }`',
  },
  'operation-out-of-bound': {
    ...FAILURE,
    title:
      '`--backend debug` found an operation whose error leaves its predicted bound, or on integers one that is wrong modulo t or has less noise budget left than predicted: a mistake in shoal, or a range that samples misjudged',
  },
  'other-keys': {
    ...DATA,
    title: 'an upload, result or key of another client, or of an earlier `keygen`',
  },
  'other-plan': {
    ...DATA,
    title:
      'a key, upload or result that belongs to another plan: recompiling a circuit with other options makes another one',
  },
  'other-run': {
    ...DATA,
    title:
      'a result that does not come from the uploads that `decrypt --upload` names, in their order',
  },
  'out-of-memory': {
    ...FAILURE,
    title:
      'the circuit needs more memory than Node may take: `NODE_OPTIONS=--max-old-space-size=8192`',
  },
  'out-of-range': {
    ...DATA,
    title: 'data outside the range of the input, on which the parameters rest: widen `within`',
  },
  'plain-input': {
    ...DATA,
    title: 'data for a plain input, given to `encrypt`: `eval --keys` takes it, with `--inputs`',
  },
  'plan-version': { ...DATA, title: 'a plan that another version of shoal has written' },
  'seal-not-loaded': { ...USAGE, title: 'SEAL cannot be loaded here: Node 22 or later is needed' },
  'staged-plan': {
    ...DATA,
    title:
      'a plan in stages where one plan is wanted: `eval` runs it, with all its keys in one place',
  },
  'unknown-input': { ...DATA, title: 'data for an input that the circuit lacks' },
  'unknown-output': { ...DATA, title: 'an expected value for an output that the circuit lacks' },
  usage: {
    ...USAGE,
    title: 'a command line that is wrong; `shoal help COMMAND` shows what is right',
  },
  'worker-died': { ...FAILURE, title: 'the process that evaluates has ended by itself' },
  'wrong-kind': { ...DATA, title: 'a key, upload or result where another kind is wanted' },
  'wrong-shape': { ...DATA, title: 'data of another shape than the input, or ragged' },
} as const satisfies Readonly<Record<string, Objection>>;

/** What stands in brackets behind `error` or `warning`, and in `--json` output. */
export type Code = keyof typeof CODES;

type CodeWith<Trait> = {
  [C in Code]: (typeof CODES)[C] extends Trait ? C : never;
}[Code];

/** A code that ends a command. */
export type ErrorCode = CodeWith<{ readonly status: ErrorStatus }>;

/** A code that is said without ending anything. */
export type WarningCode = CodeWith<{ readonly severity: 'warning' }>;
