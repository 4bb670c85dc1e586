/**
 * The layers of `src/`, lowest first. A layer is a folder, or a file at the top of `src/`; it imports itself
 * and earlier ones. The test beside this file holds them to it, and `npm run docs` writes the table and the
 * picture of docs/architecture.md from them.
 */
export interface Layer {
  /** Below `src/`. */
  readonly path: string;
  /** What it makes of what, where it is a step of the chain. */
  readonly step?: { readonly takes: readonly string[]; readonly gives: string };
  /** What it is, in one sentence. */
  readonly sentence: string;
  /** What it may know, and what is deliberately absent. */
  readonly invariant: string;
  /** Whether any later layer may import it without naming it under `only`. */
  readonly isCommon?: true;
  /** The only earlier layers that it imports, beside common ones; any, where not given. */
  readonly only?: readonly string[];
  /** Packages that it imports; all of them, and no others. */
  readonly packages?: readonly string[];
  /** The file below `src/` that lists what the layer offers: a file that no other imports is missing there. */
  readonly list?: string;
  /** Whether it may use what is peculiar to Node: `process`, `console`, `Buffer` and `node:` modules. */
  readonly usesNode?: true;
}

/** All layers, in order. */
export const LAYERS: readonly Layer[] = [
  {
    path: 'lookup.ts',
    isCommon: true,
    sentence: 'reads of values that must be there: elements of lists, values of maps',
    invariant: 'a missing value is a fault of the compiler and throws where it is read',
    only: [],
  },
  {
    path: 'errors',
    sentence: 'the table of all codes of errors and warnings, and the error that carries one',
    invariant:
      'a code that is not in the table does not compile, and the exit status is the one that stands there',
    only: [],
  },
  {
    path: 'platform',
    sentence: 'threads, files, digests, compression, memory size and clock of the machine',
    invariant:
      'knows nothing of circuits; all that is peculiar to Node is here, so that a browser takes a second one',
    only: [],
    usesNode: true,
  },
  {
    path: 'tensor',
    sentence:
      'exact numbers, tensors, and the vocabulary of tensor operations that every later layer speaks',
    invariant: 'knows no text and no encryption; an operation here is mathematics alone',
    only: ['platform'],
    packages: ['zod'],
  },
  {
    path: 'syntax',
    step: { takes: ['text'], gives: 'tree' },
    sentence: 'lexer, parser with recovery, diagnostics, the formatter',
    invariant: 'knows what may be written and not what it means: no name is looked up',
    only: ['errors'],
    packages: ['chevrotain', 'fastest-levenshtein'],
  },
  {
    path: 'schemes',
    sentence:
      'what each scheme computes with; how large a modulus may be for 128, 192 and 256 bits of security; primes',
    invariant: 'the one place that says what is secure; nothing later relaxes it',
    only: [],
  },
  {
    path: 'ir',
    sentence: 'the circuit: an interned graph of tensor operations, its printer and its analyses',
    invariant:
      'knows no text: a circuit has no loops, functions or names, and an origin is two numbers',
    only: ['tensor'],
  },
  {
    path: 'check',
    step: { takes: ['tree'], gives: 'checked program' },
    sentence:
      'names resolved once, then one walk in order of execution: shapes, secrecy, constants, domain',
    invariant: 'makes nothing: what is made of an operation is up to the algebra it walks with',
    only: ['errors', 'tensor', 'syntax', 'schemes', 'ir'],
  },
  {
    path: 'build',
    step: { takes: ['checked program'], gives: 'circuit' },
    sentence: 'the circuit as written, loops and calls expanded, whole or cut in parts',
    invariant: 'optimizes nothing, and merges nothing that the author wrote twice',
    only: ['tensor', 'ir', 'check'],
  },
  {
    path: 'algebra',
    sentence:
      'products, sums and polynomials of a circuit taken apart and put together, as early as can be',
    invariant: 'decides nothing: which value is rewritten is up to the pass that asks',
    only: ['tensor', 'ir'],
  },
  {
    path: 'passes',
    list: 'passes/pass-list.ts',
    step: { takes: ['circuit'], gives: 'circuit' },
    sentence:
      'one file a pass; `pass-list.ts` lists them by optimization level, `run-passes.ts` runs them where what they require holds',
    invariant:
      'knows levels as numbers, and no slots or schemes; a pass keeps every polynomial exactly',
    only: ['platform', 'tensor', 'syntax', 'ir', 'algebra'],
  },
  {
    path: 'verify',
    sentence: 'identity testing of two circuits modulo primes, and examples where they differ',
    invariant: 'knows no pass: it judges them',
    only: ['tensor', 'ir'],
  },
  {
    path: 'plan',
    sentence: "the plan's schema, what its operations mean on slot vectors, its figures",
    invariant: 'knows no scheme beyond what a plan says, and no file',
    only: ['errors', 'tensor', 'ir'],
    packages: ['zod'],
  },
  {
    path: 'packing',
    step: { takes: ['circuit'], gives: 'packed circuit' },
    sentence: 'tensors into slots, tensor operations into operations on slot vectors',
    invariant: 'knows no ring and no prime: slots are a number that it chooses',
    only: ['tensor', 'syntax', 'ir', 'algebra', 'plan'],
  },
  {
    path: 'schemes/ckks',
    step: { takes: ['packed circuit'], gives: 'plan' },
    sentence: 'levels and scales, ranges, predicted errors, parameters',
    invariant: 'knows no library: a plan is right for any that implements CKKS',
    only: ['errors', 'tensor', 'ir', 'plan', 'packing', 'schemes'],
  },
  {
    path: 'schemes/integers',
    step: { takes: ['packed circuit'], gives: 'plan' },
    sentence: 'BFV and BGV: relinearization, noise, modulus switches, parameters',
    invariant: 'knows no library, and nothing of CKKS',
    only: ['tensor', 'ir', 'plan', 'packing', 'schemes'],
  },
  {
    path: 'data',
    sentence:
      'inputs and test vectors from JSON, CSV and NPY, checked against what a circuit declares',
    invariant: 'is given texts and bytes and opens no file; every refusal names its place',
    only: ['errors', 'tensor', 'syntax'],
    packages: ['csv-parse', 'jsonc-parser'],
  },
  {
    path: 'plan-files',
    sentence: 'plans as files, in one stage or several, and the checks of what others have written',
    invariant:
      'trusts nothing: what passes its checks can be evaluated without reading out of bounds',
    packages: ['zod'],
  },
  {
    path: 'cost',
    step: { takes: ['plan'], gives: 'milliseconds' },
    sentence: 'the cost model, its file, the schedule of operations on several workers',
    invariant: 'measures nothing: it is given what operations cost',
    packages: ['zod'],
  },
  {
    path: 'memory',
    step: { takes: ['plan'], gives: 'bytes' },
    sentence:
      'the keys and levels that a plan needs, what is alive at a time, what fits in a budget',
    invariant: 'predicts, and allocates nothing itself',
  },
  {
    path: 'compile',
    step: { takes: ['plan', 'milliseconds', 'bytes'], gives: 'compilation' },
    sentence:
      'the driver: runs the layers above, searches at -O3, and chooses among the plans that it finds',
    invariant: 'the same text and options give the same result; no clock, no file, no thread',
    only: [
      'tensor',
      'syntax',
      'ir',
      'check',
      'build',
      'passes',
      'verify',
      'plan',
      'packing',
      'schemes',
      'schemes/ckks',
      'schemes/integers',
      'cost',
      'memory',
    ],
  },
  {
    path: 'files',
    sentence:
      'the container of keys, uploads and results: digests, reader, writer, files that appear whole',
    invariant: 'knows no SEAL: what a part holds is bytes',
    only: ['errors', 'platform', 'plan'],
    packages: ['zod'],
  },
  {
    path: 'backends',
    list: 'run/backends.ts',
    step: { takes: ['plan'], gives: 'outputs' },
    sentence: 'the slot simulator (`plain`), SEAL, and both side by side (`debug`)',
    invariant: 'decides nothing: it does what the plan says, in the order that it is given',
    packages: ['node-seal'],
  },
  {
    path: 'client-server',
    sentence:
      'what a client and a server do, each for itself: keygen, encrypt, evaluate, decrypt, see [files](design/files.md)',
    invariant: 'a server never sees a secret key, and a client trusts no file that comes back',
  },
  {
    path: 'report',
    step: { takes: ['compilation', 'outputs'], gives: 'figures' },
    sentence: 'what commands tell of a compilation or an evaluation, as values and JSON',
    invariant: 'knows no terminal: no color, no width, no table',
    packages: [],
  },
  {
    path: 'run',
    step: { takes: ['compilation'], gives: 'outputs' },
    sentence:
      'programs compiled for their data and evaluated, in stages if need be; `backends.ts` lists what evaluates or emits them',
    invariant: 'client and server in one process; reads no file, prints nothing',
  },
  {
    path: 'render',
    step: { takes: ['figures'], gives: 'texts and drawings' },
    sentence: 'figures as text, tables and drawings for people',
    invariant: 'computes nothing that is not shown, and prints nothing itself',
    packages: ['@dagrejs/graphlib', '@viz-js/viz', 'cli-table3', 'picocolors'],
  },
  {
    path: 'index.ts',
    sentence: 'the library: what other programs import',
    invariant: 'loads SEAL at the first call that needs it, prints nothing and ends no process',
  },
  {
    path: 'cli',
    list: 'cli/commands.ts',
    sentence: 'argv to an exit status; `commands.ts` lists the commands, each declared in one file',
    invariant: 'of what is built, the one place that prints and exits; no algorithm',
    packages: ['cli-progress', 'commander'],
    usesNode: true,
  },
  {
    path: 'bin.ts',
    sentence: 'the executable: refuses a Node that is too old, then hands over to the command line',
    invariant: 'imports nothing else before Node is known to be new enough',
    only: ['cli'],
    usesNode: true,
  },
  {
    path: 'examples',
    sentence: 'programs that use the library as anybody would; neither built nor packed',
    invariant: 'imports `index.ts` alone, which shows whether the library suffices',
    only: ['index.ts'],
    usesNode: true,
  },
];
