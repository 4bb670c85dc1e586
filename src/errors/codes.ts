/** The exit status of a command that fails. */
export type ErrorStatus =
  /** The circuit, the data or a file is refused. */
  | 1
  /** The command line or the environment is wrong. */
  | 2
  /** An evaluation or an output failed, or shoal has a defect. */
  | 3;

/** The description of an error or a warning. */
type CodeEntry = {
  /** What is wrong, in one sentence. */
  readonly title: string;
  /** The section of docs/errors.md that lists it. */
  readonly page: string;
} & (
  | {
      readonly severity: 'error';
      /** The exit status of a command that reports the error. */
      readonly status: ErrorStatus;
    }
  | {
      readonly severity: 'warning';
      /** The exit status of commands for which it is an error, if there are any. */
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

/** All errors and warnings by code. Codes do not change between versions. */
export const CODES = {
  'after-return': { ...SYNTAX, title: 'A function has a statement after `return …;`.' },
  arrow: { ...SYNTAX, title: 'The language has no arrows; a function is written with `fn`.' },
  'assignment-operator': { ...SYNTAX, title: 'An assignment is written with `=`.' },
  'branch-not-polynomial': { ...SYNTAX, title: 'A branch on encrypted data is not a polynomial.' },
  'chained-comparison': { ...SYNTAX, title: 'Comparisons do not chain.' },
  'comparison-not-polynomial': {
    ...SYNTAX,
    title: 'A comparison of encrypted values is not a polynomial.',
  },
  'compound-assignment': { ...SYNTAX, title: 'There is no `/=`, `%=`, `@=` or `^=`.' },
  'empty-statement': { ...SYNTAX, title: 'There is nothing before a `;`.' },
  'expected-expression': { ...SYNTAX, title: 'An expression is missing.' },
  'expected-statement': {
    ...SYNTAX,
    title: 'A statement starts with a word or sign that cannot start one.',
  },
  'expression-statement': {
    ...SYNTAX,
    title: 'An expression alone has no effect: name its value.',
  },
  'file-too-large': {
    ...SYNTAX,
    title:
      'A circuit has more than 8 MiB, a plan or data more than 500 MiB, an array that a circuit loads more than 600 MiB, or a pipe gives more than 1 GiB.',
  },
  'hash-comment': { ...SYNTAX, title: 'A comment starts with `//`.' },
  'indexed-assignment': {
    ...SYNTAX,
    title: 'An assignment to a part of a variable has one pair of brackets.',
  },
  'invalid-utf8': { ...SYNTAX, title: 'The file has bytes that are not UTF-8.' },
  'logic-not-polynomial': {
    ...SYNTAX,
    title: 'There is no `&&`, `||` or `!`, and logic of encrypted values is not a polynomial.',
  },
  'lookalike-character': {
    ...SYNTAX,
    title:
      'A character looks like one of the language but is not: a typographic minus, a superscript, a wide blank.',
  },
  'malformed-number': {
    ...SYNTAX,
    title:
      'A number is malformed: it needs digits on both sides of the point, and has no letters and no `_`.',
  },
  'misplaced-item': {
    ...SYNTAX,
    title:
      '`input`, `output`, `param`, `const`, `fn`, `scheme` and `include` are not allowed inside a block.',
  },
  'not-shared': {
    ...SYNTAX,
    title: 'A file that another one includes has more than functions, consts, params and includes.',
  },
  'misplaced-return': { ...SYNTAX, title: '`return` is only allowed at the end of a function.' },
  'missing-return': { ...SYNTAX, title: 'A function with a block must end with `return …;`.' },
  'missing-semicolon': { ...SYNTAX, title: 'Statements end with `;`.' },
  'nesting-too-deep': { ...SYNTAX, title: 'Brackets or blocks are nested too deeply.' },
  'non-ascii-name': { ...SYNTAX, title: 'A name consists of ASCII letters, digits and `_`.' },
  'not-a-circuit': {
    ...SYNTAX,
    title:
      'The file is JSON, not a circuit: `shoal eval` evaluates plans, and `--inputs` reads data.',
  },
  'power-operator': { ...SYNTAX, title: 'A power is written with `^`.' },
  'range-operator': { ...SYNTAX, title: 'A range is written with `..` and excludes its end.' },
  'remainder-not-polynomial': {
    ...SYNTAX,
    title: 'A remainder of an encrypted value is not a polynomial.',
  },
  'reserved-word': { ...SYNTAX, title: 'A keyword cannot be a name.' },
  'stray-character': { ...SYNTAX, title: 'A character has no meaning here.' },
  'string-literal': {
    ...SYNTAX,
    title: 'A string has no end, or is not the path after `include` or in `load`.',
  },
  'trailing-comma': { ...SYNTAX, title: 'There is a comma before a closing bracket.' },
  'unary-plus': { ...SYNTAX, title: 'The language has no unary `+`.' },
  'unbounded-loop': {
    ...SYNTAX,
    title: 'The number of iterations must be known when the circuit is compiled.',
  },
  'unclosed-bracket': { ...SYNTAX, title: 'A bracket is never closed.' },
  'unexpected-end': { ...SYNTAX, title: 'The file ends in the middle of a statement.' },
  'unexpected-token': { ...SYNTAX, title: 'The statement cannot continue with this word or sign.' },
  'unknown-keyword': {
    ...SYNTAX,
    title: 'A statement starts with a word that is almost a keyword.',
  },
  'unknown-property': { ...SYNTAX, title: 'The only property is the transpose, `.T`.' },
  'unmatched-bracket': { ...SYNTAX, title: 'A closing bracket has no opening one.' },
  'unterminated-comment': { ...SYNTAX, title: 'A comment starts with `/*` and has no `*/`.' },

  'duplicate-output': { ...NAMES, title: 'Two outputs have the same name.' },
  'function-as-value': { ...NAMES, title: 'A function is used like a value: call it.' },
  'global-assigned': { ...NAMES, title: 'A function assigns a variable from outside.' },
  'name-too-long': { ...NAMES, title: 'A name has more than 80 characters.' },
  'no-output': { ...NAMES, title: 'The circuit has no output.' },
  'not-a-function': { ...NAMES, title: 'A call names something that is not a function.' },
  'not-assignable': { ...NAMES, title: 'Only a `var` can be assigned.' },
  recursion: { ...NAMES, title: 'A function calls itself.' },
  redeclared: { ...NAMES, title: 'A declaration uses a name that is already visible.' },
  'unknown-function': { ...NAMES, title: 'No function of this name is visible here.' },
  'unknown-name': {
    ...NAMES,
    title:
      'Nothing of this name is visible here: it is misspelt, declared later, or in a block that has ended.',
  },
  'unknown-param': {
    ...NAMES,
    status: 2,
    title: '`-D` names something that is not a `param` of the circuit.',
  },
  'unknown-tensor': {
    ...NAMES,
    status: 2,
    title: '`--layout` names something that is no input, variable or output of the circuit.',
  },
  'wrong-arguments': {
    ...NAMES,
    title: 'A function is called with too many or too few arguments.',
  },

  'axis-out-of-range': {
    ...VALUES,
    title: 'A function names an axis that its argument does not have.',
  },
  'bad-extent': {
    ...VALUES,
    title: 'An extent, a stride or a window is too small, or an output has no elements.',
  },
  'constant-overflow': { ...VALUES, title: 'A constant is larger than any float64, 1.8e308.' },
  'division-by-cipher': { ...VALUES, title: 'Division by a ciphertext is not a polynomial.' },
  'division-by-zero': {
    ...VALUES,
    title:
      'A constant divisor is exactly 0, or a plain divisor is 0 when the circuit is evaluated.',
  },
  'duplicate-scheme': { ...VALUES, title: 'A file has more than one `scheme` statement.' },
  'empty-range': { ...VALUES, title: 'The ends of `within [low, high]` are in the wrong order.' },
  'index-out-of-range': {
    ...VALUES,
    title: 'An index or a slice is outside of its axis, or the step of a slice is below 1.',
  },
  'negative-exponent': {
    ...VALUES,
    title: 'A negative power of a ciphertext is not a polynomial; see `division-by-cipher`.',
  },
  'not-a-number': {
    ...VALUES,
    title:
      'An operation on constants has no value, such as `sqrt(-1)`, or data contain something that is not a finite number.',
  },
  'not-an-integer-constant': {
    ...VALUES,
    title:
      'The schemes `bfv` and `bgv` compute with integers, so constants that are combined with data must be integers below 2^53 in magnitude.',
  },
  'not-constant': {
    ...VALUES,
    title:
      'An index, bound, exponent, extent, axis or offset is not a constant, nor is a condition.',
  },
  'not-integer': {
    ...VALUES,
    title: 'An index, bound, exponent, extent, axis or offset is not an integer below 2^53.',
  },
  'not-polynomial': {
    ...VALUES,
    title: '`sqrt`, `exp`, `log`, `abs`, `floor`, `min` and `max` are for constants.',
  },
  'not-scalar': { ...VALUES, title: 'A value must be a single number, not a vector.' },
  rank: {
    ...VALUES,
    title:
      'A value has too many or too few axes: at most four are possible, and many functions take only vectors, or only matrices.',
  },
  'scheme-modulus': {
    ...VALUES,
    title:
      'The option `t` must be an integer from 2 to 2^53, because JSON has no exact numbers for larger residues.',
  },
  'shape-mismatch': { ...VALUES, title: 'The shapes of two values do not fit.' },
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
      'The circuit expands to more than 4,000,000 operations, computing its constants takes more than 2^24 operations on numbers, or compiling it examines more operations than `--budget` allows.',
  },
  'too-many-indices': { ...VALUES, title: 'A value has fewer axes than there are indices.' },
  'unknown-scheme': {
    ...VALUES,
    title: 'A scheme has an unknown name: the schemes are `ckks`, `bfv` and `bgv`.',
  },
  'unknown-scheme-option': {
    ...VALUES,
    title: 'A scheme has no such option: `bfv` and `bgv` have the option `t`, `ckks` has none.',
  },

  'no-parameters': {
    ...COMPILATION,
    title:
      'No secure ring gives the circuit enough levels or the precision of `--precision`, or, for integers, enough room for the noise.',
  },
  'layout-does-not-fit': {
    ...COMPILATION,
    status: 2,
    title:
      '`--layout` gives a tensor a layout that its shape does not have, or names one that is not encrypted.',
  },
  'layout-not-computed': {
    ...COMPILATION,
    status: 2,
    title: 'No packing of the circuit has all layouts that `--layout` fixes.',
  },
  'limits-not-met': {
    ...COMPILATION,
    severity: 'warning',
    title:
      'No circuit found is within `--max-width` and `--max-ops`; the message says how far the smallest one exceeds them.',
  },

  'assumed-range': {
    ...WARNING,
    title:
      'An input has no `within`, and there are no data to take its range from: [-1, 1] is assumed, and data outside of it will be refused.',
  },
  'constant-vanishes': {
    ...WARNING,
    title: 'A constant factor is so small that it is 0 at the scale of the ciphertext.',
  },
  'layout-unused': {
    ...WARNING,
    title:
      '`--layout` names a tensor that the optimized circuit does not compute, so that the choice changes nothing.',
  },
  'unchecked-ring': {
    ...WARNING,
    status: 1,
    title: 'The parameters have the ring degree 65536, which `--allow-unchecked-ring` permits.',
  },
  vanishes: {
    ...WARNING,
    title: 'A term is 0 for all inputs: a value is multiplied by 0, or subtracted from itself.',
  },

  'bad-cost-model': {
    ...DATA,
    title:
      'the file of `--cost-model` is damaged or has another version: `shoal calibrate -o` writes a new one',
  },
  'bad-file': {
    ...DATA,
    title:
      'a key, upload or result does not have the contents that its plan requires: another program wrote it, or someone forged it; see [the format](format.md#what-a-reader-checks)',
  },
  'bad-path': {
    ...DATA,
    title:
      'a circuit names a file by something else than a relative path of a file, with `/` between its parts',
  },
  'bad-plan': {
    ...DATA,
    title: 'a plan is damaged, or was edited so that it breaks a rule',
  },
  'cannot-read': { ...USAGE, title: 'a file does not exist or cannot be read' },
  'cannot-write': { ...FAILURE, title: 'a file cannot be written' },
  'carried-out-of-range': {
    ...FAILURE,
    title:
      'between two [stages](cli.md#stages), decrypted values are outside the range that the next stage was compiled for: declare ranges closer to the data, or keep values smaller',
  },
  'cipher-input': {
    ...DATA,
    title: '`eval --keys` was given data for an encrypted input, which the server must not see',
  },
  'duplicate-key': { ...DATA, title: 'an object of a JSON file has the same name twice' },
  'error-bound-exceeded': {
    ...FAILURE,
    title:
      'a result is further from the exact value than its error bound; declare ranges with `within`',
  },
  'evaluation-failed': { ...FAILURE, title: 'SEAL refused an operation' },
  'exposed-key-directory': {
    ...ELSEWHERE,
    severity: 'warning',
    title:
      'users other than its owner can replace the keys in a directory by their own; `chmod go-w` it',
  },
  'exposed-secret-key': {
    ...ELSEWHERE,
    severity: 'warning',
    title: 'users other than its owner can read or write a secret key; `chmod 600` it',
  },
  'file-cut-off': { ...DATA, title: 'a key, upload or result ends too early: send it again' },
  'file-damaged': {
    ...DATA,
    title: 'a key, upload or result was changed in transfer or on disk: send it again',
  },
  'file-exists': {
    ...DATA,
    title: 'a key, upload or result would replace a file; `--force` permits it',
  },
  'file-limit': {
    ...DATA,
    title:
      'a result or an upload would have more parts or names than [a file](format.md) can have: evaluate fewer uploads at a time, or put inputs together into one',
  },
  'file-outside': {
    ...DATA,
    title:
      "a circuit names a file that is not in the main circuit's folder or below, by `..` or by a link",
  },
  'file-too-long': {
    ...DATA,
    title: 'a key, upload or result has data after its end, or is longer than its plan allows',
  },
  'file-version': {
    ...DATA,
    title: 'another version of shoal wrote the key, upload or result',
  },
  'internal-error': { ...FAILURE, title: 'shoal has a defect: please report it with the circuit' },
  interrupted: { ...FAILURE, title: 'a signal stopped the command' },
  'memory-too-small': {
    ...DATA,
    title:
      "an evaluation does not fit in memory, even with one key of each level at a time: give a larger `--memory`, or, if WebAssembly's 4 GiB or the machine's memory is the limit, compute less at a time",
  },
  'missing-input': { ...DATA, title: 'an input of the circuit has no data' },
  'noise-budget-used-up': {
    ...FAILURE,
    title:
      'an evaluation on integers has used up the noise budget of an output, which may be wrong and is not shown: the plan was edited or is too small for its operations; compile the circuit again',
  },
  'not-a-file': { ...DATA, title: 'a path is a directory or device, not a file' },
  'not-a-plan': { ...DATA, title: 'a file is neither a circuit nor a plan' },
  'not-a-shoal-file': {
    ...DATA,
    title: 'a file is not a key, upload or result, or was transferred as text',
  },
  'not-an-array': {
    ...DATA,
    title:
      'a file that a circuit loads is no array: its name does not end in .npy, .csv or .json, or its JSON is an object',
  },
  'not-an-integer': {
    ...DATA,
    title:
      'a number in the data of a circuit on integers is not an integer below 2^53 in magnitude',
  },
  'not-an-object': { ...DATA, title: 'a JSON file is not an object such as `{ "x": 2, … }`' },
  'not-csv': {
    ...DATA,
    title: 'a table has cells that are not numbers, or rows of different lengths',
  },
  'not-json': { ...DATA, title: 'a file is not JSON' },
  'not-npy': {
    ...DATA,
    title: 'a file is not a NumPy array, or has an element type that is not supported',
  },
  'not-vectors': {
    ...DATA,
    title:
      'test vectors are not written as `{ "tolerance": …, "vectors": [ { "inputs": …, "expect": … } ] }`',
  },
  'operation-out-of-bound': {
    ...FAILURE,
    title:
      '`--backend debug` found an operation whose error exceeds its predicted bound, or on integers one that is wrong modulo t or leaves no noise budget or less than predicted: shoal has a defect, or samples misjudged a range',
  },
  'other-keys': {
    ...DATA,
    title: 'an upload, result or key belongs to another client, or to an earlier `keygen`',
  },
  'other-plan': {
    ...DATA,
    title:
      'a key, upload or result belongs to another plan: compiling a circuit with other options gives another plan',
  },
  'other-run': {
    ...DATA,
    title:
      'a result was not computed from the uploads that `decrypt --upload` names, in their order',
  },
  'out-of-memory': {
    ...FAILURE,
    title:
      'the circuit needs more memory than Node may use: set `NODE_OPTIONS=--max-old-space-size=8192`',
  },
  'out-of-range': {
    ...DATA,
    title:
      'data, or a constant, are outside the range that `within` declares and the parameters depend on: widen it',
  },
  'plain-input': {
    ...DATA,
    title: '`encrypt` was given data for a plain input: pass it to `eval --keys` with `--inputs`',
  },
  'plan-version': { ...DATA, title: 'another version of shoal wrote the plan' },
  'result-too-noisy': {
    ...DATA,
    title:
      'a result on integers has no noise budget left and may be wrong, so `decrypt` does not show it: the plan is too small for its operations, or the server computed something else; do not tell the server',
  },
  'secret-noise': {
    ...ELSEWHERE,
    severity: 'warning',
    title:
      'decrypted outputs of CKKS carry noise that depends on the secret key: do not share them as they are; see [what is protected](deployment.md#what-is-protected-and-what-is-not)',
  },
  'seal-not-loaded': { ...USAGE, title: 'SEAL cannot be loaded: it needs Node 22 or later' },
  'staged-plan': {
    ...DATA,
    title:
      'a command needs a single plan, not one in stages: `eval` runs those, with all keys on one machine',
  },
  'too-many-numbers': {
    ...DATA,
    title: 'the arrays that a circuit loads have more numbers together than it may have',
  },
  'unexpected-plan': {
    ...DATA,
    title:
      'a plan is not the one that `encrypt --expect` or `--source` names: ask the other party which circuit, options and version of shoal it compiled with',
  },
  'unknown-input': { ...DATA, title: 'data name an input that the circuit does not have' },
  'unknown-output': {
    ...DATA,
    title: 'expected values name an output that the circuit does not have',
  },
  'unreadable-file': {
    ...DATA,
    title: 'a file that a circuit names does not exist, is no regular file, or cannot be read',
  },
  usage: {
    ...USAGE,
    title: 'the command line is wrong; `shoal help COMMAND` shows the right one',
  },
  'worker-died': { ...FAILURE, title: 'the process that evaluates has ended unexpectedly' },
  'wrong-kind': {
    ...DATA,
    title: 'a key, upload or result is not of the kind that the command needs',
  },
  'wrong-shape': {
    ...DATA,
    title: 'data have another shape than the input, or rows of different lengths',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;

/** The code in brackets after `error` or `warning`, and in `--json` output. */
export type Code = keyof typeof CODES;

type CodeWith<Trait> = {
  [C in Code]: (typeof CODES)[C] extends Trait ? C : never;
}[Code];

/** A code that ends a command. */
export type ErrorCode = CodeWith<{ readonly status: ErrorStatus }>;

/** A code of a warning, which does not end a command. */
export type WarningCode = CodeWith<{ readonly severity: 'warning' }>;
