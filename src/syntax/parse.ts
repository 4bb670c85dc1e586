import type { Program } from './ast.ts';
import { checkBrackets } from './brackets.ts';
import { type ErrorDiagnostic, MAX_LENGTH, type Source } from './diagnostic.ts';
import { explainForeign } from './foreign-syntax.ts';
import { CircuitParser } from './parser.ts';
import { Problems } from './problem-list.ts';
import { tokenize } from './tokens.ts';

/** The result of parsing a source. */
export interface Parsed {
  /** The statements without errors: the whole file if there are no diagnostics. */
  readonly program: Program;
  /** All syntax errors, in the order of the text. */
  readonly diagnostics: readonly ErrorDiagnostic[];
  /** Names that the dropped statements would have declared or assigned; they are not unknown. */
  readonly lostNames: ReadonlySet<string>;
}

/** The only parser. Creating it takes milliseconds, so that happens at the first use. */
let parser: CircuitParser | undefined;

/** Parses a file. Never throws. */
export function parse(source: Source): Parsed {
  const { text } = source;
  const problems = new Problems();
  const lostNames = new Set<string>();
  const result = (program: Program): Parsed => ({
    program,
    diagnostics: problems.list(),
    lostNames,
  });
  if (text.length > MAX_LENGTH) {
    problems.error(
      'file-too-large',
      { start: 0, end: 0 },
      `the file has more than ${MAX_LENGTH / 2 ** 20} MiB`,
      'give data with --inputs',
    );
    return result({ items: [] });
  }
  if (/^\s*\{\s*"/.test(text)) {
    problems.error(
      'not-a-circuit',
      { start: text.indexOf('{'), end: text.indexOf('{') + 1 },
      'this is JSON, not a circuit',
      'shoal eval takes plans; give data with --inputs',
    );
    return result({ items: [] });
  }
  const tokens = explainForeign(text, tokenize(text).tokens, problems);
  const brackets = checkBrackets(text, tokens, problems);
  if (brackets.tooDeep) return result({ items: [] });
  parser ??= new CircuitParser();
  const { unclosedBlocks } = brackets;
  const refused = problems.refused();
  // The parser throws at each syntax error, and nobody reads where from.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return result(parser.parse(tokens, { text, problems, refused, unclosedBlocks, lostNames }));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
