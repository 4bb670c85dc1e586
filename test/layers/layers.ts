/**
 * A layer of `src/`: a folder, or a file directly in `src/`. A layer imports only itself and
 * earlier layers. layers.test.ts checks that. `npm run docs` writes the table and the picture of
 * docs/architecture.md from the layers.
 */
export interface Layer {
  /** Path below `src/`. */
  readonly path: string;
  /** The values that it takes and the value that it produces, if it is part of the main chain. */
  readonly conversion?: { readonly takes: readonly string[]; readonly gives: string };
  /** What it contains or does, in one sentence. */
  readonly sentence: string;
  /** What always holds for it, and what it deliberately does not know or do. */
  readonly invariant: string;
  /** Whether every later layer may import it without listing it in `only`. */
  readonly isCommon?: true;
  /** The earlier layers that it imports, besides common ones; undefined allows all. */
  readonly only?: readonly string[];
  /** Exactly the packages that it imports; undefined allows any. */
  readonly packages?: readonly string[];
  /** The file below `src/` that lists what the layer offers; every such file is imported there. */
  readonly list?: string;
  /** Whether it may use Node: `process`, `console`, `Buffer` and `node:` modules. */
  readonly usesNode?: true;
}

/** All layers, lowest first. */
export const LAYERS: readonly Layer[] = [
  {
    path: 'lookup.ts',
    isCommon: true,
    sentence: 'functions that read list elements and map values which must exist, and extremes',
    invariant: 'throws at the point of reading: a missing value is a bug of the compiler',
    only: [],
  },
  {
    path: 'work-meter.ts',
    isCommon: true,
    sentence: 'the meter that counts the operations of a compilation and ends it at a limit',
    invariant: 'reads no clock: the same program ends at the same operation on every machine',
    only: [],
  },
  {
    path: 'errors',
    sentence: 'the table of all error and warning codes, and the error class that carries a code',
    invariant: 'the table determines every exit status; using an unlisted code is a type error',
    only: [],
  },
  {
    path: 'platform',
    sentence: 'access to threads, files, digests, compression, memory size and the clock',
    invariant: 'knows nothing of circuits; for a browser, only this layer needs a second version',
    only: [],
    usesNode: true,
  },
  {
    path: 'tensor',
    sentence: 'exact numbers, tensors, and the tensor operations that all later layers use',
    invariant: 'knows neither source text nor encryption: operations are pure mathematics',
    only: ['platform'],
    packages: ['zod'],
  },
  {
    path: 'syntax',
    conversion: { takes: ['text'], gives: 'tree' },
    sentence: 'the lexer, the parser with error recovery, diagnostics and the formatter',
    invariant: 'knows grammar and no meaning: it looks up no names',
    only: ['errors'],
    packages: ['chevrotain', 'fastest-levenshtein'],
  },
  {
    path: 'arrays',
    sentence: 'parses arrays (NPY, CSV, JSON), and reads the files that a circuit names',
    invariant: 'opens no file: the caller supplies a function that returns the bytes of a path',
    only: ['errors', 'platform', 'tensor', 'syntax'],
    packages: ['csv-parse', 'jsonc-parser'],
  },
  {
    path: 'schemes',
    sentence:
      'the numbers of each scheme, the largest secure modulus (128, 192 or 256 bits), primes',
    invariant: 'alone decides what is secure; no later layer relaxes its limits',
    only: [],
  },
  {
    path: 'ir',
    sentence: 'the circuit (an interned graph of tensor operations), its printer and its analyses',
    invariant: 'knows no source text: no loops, functions or names; a location is two numbers',
    only: ['tensor'],
  },
  {
    path: 'check',
    conversion: { takes: ['tree'], gives: 'checked program' },
    sentence:
      'resolves names, then checks shapes, secrecy, constants and domain in execution order',
    invariant: 'builds nothing: the caller supplies the algebra that computes each operation',
    only: ['errors', 'tensor', 'syntax', 'arrays', 'schemes', 'ir'],
  },
  {
    path: 'build',
    conversion: { takes: ['checked program'], gives: 'circuit' },
    sentence: 'builds the source form, loops and calls expanded, whole or in blocks of iterations',
    invariant: 'optimizes nothing and merges nothing, even if the author wrote it twice',
    only: ['tensor', 'syntax', 'ir', 'check'],
  },
  {
    path: 'algebra',
    sentence: 'splits products, sums and polynomials, and rebuilds them with low arrival levels',
    invariant: 'decides nothing: the calling pass chooses which values to rewrite',
    only: ['tensor', 'ir'],
  },
  {
    path: 'passes',
    list: 'passes/pass-list.ts',
    conversion: { takes: ['circuit'], gives: 'circuit' },
    sentence:
      'one file for each pass; `pass-list.ts` lists them by optimization level, and ' +
      '`run-passes.ts` runs those whose requirements hold',
    invariant:
      'knows arrival levels, but no slots and no schemes; preserves every polynomial exactly',
    only: ['platform', 'tensor', 'syntax', 'ir', 'algebra'],
  },
  {
    path: 'verify',
    sentence:
      'tests modulo primes whether two circuits are equal, and finds inputs where they differ',
    invariant: 'knows no pass, so that it can judge all of them',
    only: ['tensor', 'ir'],
  },
  {
    path: 'plan',
    sentence:
      'the schema of plans, the meaning of their operations on slot vectors, and their measures',
    invariant: 'knows only what a plan states about its scheme, and opens no file',
    only: ['errors', 'tensor', 'ir'],
    packages: ['zod'],
  },
  {
    path: 'packing',
    conversion: { takes: ['circuit'], gives: 'packed circuit' },
    sentence: 'maps tensors to slots, and tensor operations to operations on slot vectors',
    invariant: 'knows no ring and no primes: it chooses the number of slots',
    only: ['tensor', 'syntax', 'ir', 'algebra', 'plan'],
  },
  {
    path: 'schemes/ckks',
    conversion: { takes: ['packed circuit'], gives: 'plan' },
    sentence: 'CKKS: levels and scales, ranges, predicted errors, parameters',
    invariant: 'knows no encryption library: a plan is correct for every implementation of CKKS',
    only: ['errors', 'tensor', 'ir', 'plan', 'packing', 'schemes'],
  },
  {
    path: 'schemes/integers',
    conversion: { takes: ['packed circuit'], gives: 'plan' },
    sentence: 'BFV and BGV: relinearizations, modulus switches, predicted noise, parameters',
    invariant: 'knows no encryption library, and nothing of CKKS',
    only: ['tensor', 'ir', 'plan', 'packing', 'schemes'],
  },
  {
    path: 'data',
    sentence: 'reads inputs and test vectors (JSON, CSV, NPY), and checks them against a circuit',
    invariant: 'receives texts and bytes, and opens no file; every error names its location',
    only: ['errors', 'tensor', 'syntax', 'arrays'],
    packages: [],
  },
  {
    path: 'plan-files',
    sentence: 'writes plans as files, in one stage or several, and checks plan files before use',
    invariant: 'trusts no file: a plan that passes the checks never reads out of bounds',
    packages: ['zod'],
  },
  {
    path: 'cost',
    conversion: { takes: ['plan'], gives: 'milliseconds' },
    sentence: 'the cost model, its file, and the schedule of operations on several workers',
    invariant: 'measures nothing: the caller supplies the time of each operation',
    packages: ['zod'],
  },
  {
    path: 'memory',
    conversion: { takes: ['plan'], gives: 'bytes' },
    sentence:
      'the keys and key levels of a plan, the values alive at a time, what fits a memory budget',
    invariant: 'only predicts, and allocates nothing itself',
  },
  {
    path: 'compile',
    conversion: { takes: ['plan', 'milliseconds', 'bytes'], gives: 'compilation' },
    sentence: 'runs the earlier layers, searches at -O3, and chooses the best plan found',
    invariant: 'the same text and options give the same result; uses no clock, file or thread',
    only: [
      'errors',
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
    sentence: 'the container of keys, uploads and results: reader, writer, digests, atomic files',
    invariant: 'knows nothing of SEAL: the contents of a part are bytes',
    only: ['errors', 'platform', 'plan'],
    packages: ['zod'],
  },
  {
    path: 'backends',
    list: 'run/backends.ts',
    conversion: { takes: ['plan'], gives: 'outputs' },
    sentence:
      'the backends: the slot simulator (`plain`), SEAL (`seal`), and both together (`debug`)',
    invariant: 'decides nothing: it carries out the operations of the plan in the given order',
    packages: ['node-seal'],
  },
  {
    path: 'client-server',
    sentence:
      'keygen, encrypt, evaluate and decrypt, each on its own, see [files](design/files.md)',
    invariant:
      'the server never receives a secret key, and the client trusts no file of the server',
  },
  {
    path: 'report',
    conversion: { takes: ['compilation', 'outputs'], gives: 'figures' },
    sentence: 'the reports of compilations and evaluations, as values and JSON',
    invariant: 'knows no terminal: no colors, widths or tables',
    packages: [],
  },
  {
    path: 'run',
    conversion: { takes: ['compilation'], gives: 'outputs' },
    sentence: 'compiles programs for data and evaluates them; `backends.ts` lists the backends',
    invariant: 'plays client and server in one process; reads no file and prints nothing',
  },
  {
    path: 'render',
    conversion: { takes: ['figures'], gives: 'texts and drawings' },
    sentence: 'renders reports as texts, tables and drawings for people',
    invariant: 'computes only what it shows, and prints nothing itself',
    packages: ['@dagrejs/graphlib', '@viz-js/viz', 'cli-table3', 'picocolors'],
  },
  {
    path: 'index.ts',
    sentence: 'the library that other programs import',
    invariant:
      'loads SEAL at the first call that needs it; prints nothing, and never ends the process',
  },
  {
    path: 'cli',
    list: 'cli/commands.ts',
    sentence: 'turns arguments into output and an exit status; `commands.ts` lists the commands',
    invariant: 'the only built layer that prints and exits; contains no algorithms',
    packages: ['cli-progress', 'commander'],
    usesNode: true,
  },
  {
    path: 'bin.ts',
    sentence:
      'the executable: refuses versions of Node that are too old, then starts the command line',
    invariant: 'imports nothing else before it has checked the version of Node',
    only: ['cli'],
    usesNode: true,
  },
  {
    path: 'examples',
    sentence: 'programs that use the library like any other program; neither built nor published',
    invariant: 'imports only `index.ts`, which shows that the library is sufficient',
    only: ['index.ts'],
    usesNode: true,
  },
];
