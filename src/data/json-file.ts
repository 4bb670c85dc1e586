import {
  findNodeAtLocation,
  type JSONPath,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
  visit,
} from 'jsonc-parser';
import type { Location } from '../errors/location.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { positionAt, type Source } from '../syntax/diagnostic.ts';

/** A JSON file that knows where in its text each value stands, for messages. */
export interface JsonFile {
  readonly file: string;
  readonly value: unknown;
  /** Where a value stands, given the keys and indices that lead to it. */
  locationOf(path: JSONPath): Location;
}

/** Brackets inside brackets that a text may have: far more than any data of ours. */
const DEEPEST = 64;

/**
 * Parses a JSON text.
 *
 * @throws ShoalError with line and column of what is not JSON, or given twice
 */
export function parseJson(source: Source): JsonFile {
  const { file, text } = source;
  const value = parseStrictly(source);
  refuseDuplicates(source);
  let tree: Node | undefined;
  return {
    file,
    value,
    locationOf: (path) => {
      tree ??= parseTree(text);
      const node = tree && findNodeAtLocation(tree, path);
      return node ? placeAt(source, node.offset) : { file };
    },
  };
}

function parseStrictly(source: Source): unknown {
  const { text } = source;
  const tooDeep = offsetTooDeep(text);
  if (tooDeep !== undefined) {
    const message = `brackets are nested more than ${DEEPEST} deep`;
    throw new ShoalError('not-json', message, placeAt(source, tooDeep));
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw syntaxError(source, error as Error);
  }
}

/** JSON takes the last of several values for one name; whoever wrote two meant something else. */
function refuseDuplicates(source: Source): void {
  const objects: Set<string>[] = [];
  visit(source.text, {
    onObjectBegin: () => void objects.push(new Set()),
    onObjectEnd: () => void objects.pop(),
    onObjectProperty: (name, offset) => {
      const names = objects.at(-1);
      if (names?.has(name)) {
        const message = `'${visible(name)}' is given twice`;
        throw new ShoalError('duplicate-key', message, placeAt(source, offset));
      }
      names?.add(name);
    },
  });
}

/** The parser of Node is fast, but says only sometimes where it stopped; this one always does. */
function syntaxError(source: Source, { message }: Error): ShoalError {
  const { text } = source;
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  if (text.trim() === '')
    return new ShoalError('not-json', 'the file is empty', placeAt(source, 0));
  if (!first) return new ShoalError('not-json', message, placeAt(source, 0));
  const place = placeAt(source, first.offset);
  return new ShoalError('not-json', `not JSON: ${explain(text, first)}`, place);
}

function explain(text: string, { error, offset, length }: ParseError): string {
  const found = text.slice(offset, offset + Math.min(Math.max(length, 1), 20));
  if (offset >= text.trimEnd().length) return 'the text ends too early';
  if (/^-?(NaN|Infinity|inf|nan)\b/.test(text.slice(offset))) {
    return `'${found}' is no number of JSON; inputs are finite`;
  }
  const words = printParseErrorCode(error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return `${words} at '${visible(found)}'`;
}

function visible(text: string): string {
  return Array.from(text, (c) => (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(c) ? '\ufffd' : c)).join('');
}

/** Offset of the first bracket that is nested too deep; brackets in strings do not count. */
function offsetTooDeep(text: string): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (quoted) {
      if (c === '\\') at++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === '[' || c === '{') {
      if (++depth > DEEPEST) return at;
    } else if (c === ']' || c === '}') depth--;
  }
  return undefined;
}

function placeAt(source: Source, offset: number): Location {
  return { file: source.file, position: positionAt(source, offset) };
}
