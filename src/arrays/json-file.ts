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
import { asOneLine } from '../errors/one-line.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { positionAt, type Source } from '../syntax/diagnostic.ts';

/** A parsed JSON file, with the locations of its values for messages. */
export interface JsonFile {
  readonly file: string;
  readonly value: unknown;
  /** Returns the location of a value, given the keys and indices that lead to it. */
  locationOf(path: JSONPath): Location;
}

/** Limit on the nesting of brackets, far above that of any input data. */
const DEEPEST = 64;

/**
 * Parses a JSON text.
 *
 * @throws ShoalError with the location of a syntax error or of a repeated name
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
      return node ? locationAt(source, node.offset) : { file };
    },
  };
}

function parseStrictly(source: Source): unknown {
  const { text } = source;
  const tooDeep = offsetTooDeep(text);
  if (tooDeep !== undefined) {
    const message = `brackets are nested more than ${DEEPEST} deep`;
    throw new ShoalError('not-json', message, locationAt(source, tooDeep));
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw syntaxError(source, error as Error);
  }
}

/** Refuses repeated names, for which JSON.parse silently takes the last value. */
function refuseDuplicates(source: Source): void {
  const objects: Set<string>[] = [];
  visit(source.text, {
    onObjectBegin: () => void objects.push(new Set()),
    onObjectEnd: () => void objects.pop(),
    onObjectProperty: (name, offset) => {
      const names = objects.at(-1);
      if (names?.has(name)) {
        const message = `'${asOneLine(name)}' is given twice`;
        throw new ShoalError('duplicate-key', message, locationAt(source, offset));
      }
      names?.add(name);
    },
  });
}

/** Finds the location of a syntax error, which JSON.parse reports only sometimes. */
function syntaxError(source: Source, { message }: Error): ShoalError {
  const { text } = source;
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  if (text.trim() === '')
    return new ShoalError('not-json', 'the file is empty', locationAt(source, 0));
  if (!first) return new ShoalError('not-json', message, locationAt(source, 0));
  const location = locationAt(source, first.offset);
  return new ShoalError('not-json', explainJsonError(text, first), location);
}

/** Returns what is wrong at a syntax error, in one line. */
export function explainJsonError(text: string, { error, offset, length }: ParseError): string {
  return `not JSON: ${explain(text, { error, offset, length })}`;
}

function explain(text: string, { error, offset, length }: ParseError): string {
  const found = text.slice(offset, offset + Math.min(Math.max(length, 1), 20));
  if (offset >= text.trimEnd().length) return 'the text ends too early';
  if (/^-?(NaN|Infinity|inf|nan)\b/.test(text.slice(offset))) {
    return `'${found}' is not a JSON number; numbers must be finite`;
  }
  const words = printParseErrorCode(error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return `${words} at '${asOneLine(found)}'`;
}

/** Returns the offset of the first bracket that is nested too deep, ignoring those in strings. */
function offsetTooDeep(text: string): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let offset = 0; offset < text.length; offset++) {
    const c = text[offset];
    if (quoted) {
      if (c === '\\') offset++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === '[' || c === '{') {
      if (++depth > DEEPEST) return offset;
    } else if (c === ']' || c === '}') depth--;
  }
  return undefined;
}

function locationAt(source: Source, offset: number): Location {
  return { file: source.file, position: positionAt(source, offset) };
}

/** Describes a JSON value, for messages. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `the string ${JSON.stringify(shortened(value))}`;
  return `${value}`;
}

function shortened(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}
