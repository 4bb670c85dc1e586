import { at } from '../../src/lookup.ts';
import type { Random } from './random.ts';

/** Random changes of bytes, texts and JSON documents. */

/**
 * Returns bytes with some of them flipped, cut off, removed, repeated, copied, overwritten, or
 * replaced by a piece of another input.
 */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return Buffer.from(other);
  // Two thirds of the changes are at the head or the end, where the structure of containers is.
  const offset = () =>
    random.pick([
      random.below(copy.length),
      random.below(Math.min(600, copy.length)),
      copy.length - 1 - random.below(Math.min(130, copy.length)),
    ]);
  const [a, b, length] = [offset(), offset(), random.size(300)];
  const piece = copy.subarray(a, a + length);
  const replaced = (by: Uint8Array) =>
    Buffer.concat([copy.subarray(0, a), by, copy.subarray(a + length)]);
  switch (random.below(7)) {
    case 0:
      copy[a] = at(copy, a) ^ (1 << random.below(8));
      return copy;
    case 1:
      return copy.subarray(0, a);
    case 2:
      return replaced(new Uint8Array());
    case 3:
      return Buffer.concat([copy.subarray(0, a), piece, copy.subarray(a)]);
    case 4:
      copy.copyWithin(b, a, a + length);
      return copy;
    case 5:
      return replaced(Buffer.alloc(length, random.below(256)));
    default: {
      const from = random.below(Math.max(1, other.length));
      return replaced(other.subarray(from, from + length));
    }
  }
}

/** Numbers that are too large, too small, too long, or not written as numbers are. */
const NUMBERS = [
  ...['0', '-0', '1', '-1', '0.5', '3', '7', '64', '4096', '65536', '2147483648', '1e9', '1e-9'],
  ...['9007199254740993', '1e16', '1e300', '1e-300', '1e400', '-1e400', '1e-400', '017', '+1'],
  ...[
    '0x10',
    '1e',
    '.5',
    '5.',
    'NaN',
    'Infinity',
    '-Infinity',
    '9'.repeat(400),
    `0.${'3'.repeat(400)}`,
  ],
];

const UNUSUAL = [
  '\0',
  '\u0007',
  '\u200b',
  '\u202e',
  '\ufeff',
  'é',
  '🐟',
  '−',
  '×',
  '٣',
  '\r',
  '\u2028',
];

/** What is between two brackets, and their names, as often as they are nested. */
const NESTS = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['-', ''],
  ['sum(', ')'],
  ['for i in 0..3 { ', ' }'],
  ['/* ', ' */'],
  ['{"a":', '}'],
] as const;

/** Splits a text into words, numbers, spaces and single signs. */
export function tokensOf(text: string): string[] {
  return text.match(/\s+|[\p{L}_][\p{L}\d_]*|\d[\d.]*(?:e[+-]?\d+)?|./gsu) ?? [];
}

/**
 * Returns a text with one to four changes of its tokens: swapped, repeated, removed, replaced by
 * odd numbers, long names, deep nests, unusual characters, pieces of another text or of `words`.
 */
export function mutateText(
  text: string,
  other: string,
  words: readonly string[],
  random: Random,
): string {
  if (random.oneIn(6))
    return mutateBytes(Buffer.from(text), Buffer.from(other), random).toString('utf8');
  const tokens = tokensOf(text);
  if (random.oneIn(3)) {
    changeNumber(tokens, random);
    return tokens.join('');
  }
  for (let change = random.size(4); change > 0; change--)
    mutateTokens(tokens, other, words, random);
  return tokens.join('');
}

/** Changes a number, so that most other rules are still kept. */
function changeNumber(tokens: string[], random: Random): void {
  const places = tokens.flatMap((token, i) => (/^\d/.test(token) ? [i] : []));
  if (places.length === 0) return;
  const small = () => `${random.below(9)}`;
  tokens[random.pick(places)] = random.oneIn(2) ? small() : random.pick(NUMBERS);
}

function mutateTokens(
  tokens: string[],
  other: string,
  words: readonly string[],
  random: Random,
): void {
  const where = () => random.below(tokens.length + 1);
  const [a, b] = [where(), where()];
  const length = random.size(30);
  const replace = (...by: readonly string[]) => void tokens.splice(a, random.below(3), ...by);
  switch (random.below(11)) {
    case 0: {
      const [one = '', two = ''] = [tokens[a], tokens[b]];
      tokens[a] = two;
      tokens[b] = one;
      return;
    }
    case 1:
      tokens.splice(a, 0, ...tokens.slice(a, a + length));
      return;
    case 2:
      tokens.splice(a, length);
      return;
    case 3:
      replace(random.pick(NUMBERS));
      return;
    case 4:
      changeNumber(tokens, random);
      return;
    case 5: {
      const names = tokens.flatMap((token, i) => (/^\p{L}/u.test(token) ? [i] : []));
      if (names.length > 1) tokens[random.pick(names)] = at(tokens, random.pick(names));
      return;
    }
    case 6:
      replace(random.pick(words));
      return;
    case 7: {
      const others = tokensOf(other);
      const from = random.below(others.length + 1);
      replace(...others.slice(from, from + length));
      return;
    }
    case 8: {
      const [open, close] = random.pick(NESTS);
      const depth = random.size(10_000);
      replace(open.repeat(depth), random.oneIn(4) ? '' : `x${close.repeat(depth)}`);
      return;
    }
    case 9:
      replace(random.pick(['a', 'é', '1', ' ', '\n']).repeat(random.size(10_000)));
      return;
    default:
      replace(random.pick(UNUSUAL));
      return;
  }
}

/** Values that are of a wrong type, or that JSON can only be written with. */
const ODD: readonly string[] = [
  ...NUMBERS,
  ...['null', 'true', 'false', '""', '"x"', '"1"', '"017"', '"-1"', '[]', '{}', '[[]]', '[null]'],
  ...['{"__proto__": 1}', '{"length": 3}', '"\\u0000"', '"\\ud800"', `"${'n'.repeat(300)}"`],
];

/** A place in a document: an object or array, and the key in it. */
type Place = readonly [parent: Record<string, unknown>, key: string];

function placesIn(value: unknown, found: Place[] = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return found;
  const parent = value as Record<string, unknown>;
  for (const key of Object.keys(parent)) {
    found.push([parent, key]);
    placesIn(parent[key], found);
  }
  return found;
}

/** Stands for a text that is no JSON, until the document is written. */
const MARK = '\u0001raw\u0001';

/**
 * Returns the text of a document with one or two changes: values replaced by odd ones, by those of
 * other places or by `words`, removed, repeated, put under other names or into huge arrays. Rarely
 * the text itself is changed, so that it may be no JSON.
 */
export function mutateJson(text: string, words: readonly string[], random: Random): string {
  if (random.oneIn(8)) return mutateText(text, text, words, random);
  if (random.oneIn(3)) {
    const tokens = tokensOf(text);
    changeNumber(tokens, random);
    return tokens.join('');
  }
  const document = { root: JSON.parse(text) as unknown };
  let raw = 'null';
  for (let change = 1 + random.below(2); change > 0; change--) {
    const places = placesIn(document);
    const [parent, key] = random.pick(places);
    const list = Array.isArray(parent) ? (parent as unknown[]) : undefined;
    switch (random.below(8)) {
      case 0:
      case 1:
        raw = random.pick(ODD);
        parent[key] = MARK;
        break;
      case 2: {
        const [from, name] = random.pick(places);
        parent[key] = structuredClone(from[name]);
        break;
      }
      case 3:
        if (list) list.splice(Number(key), 1);
        else if (key !== 'root') delete parent[key];
        break;
      case 4:
        if (list)
          list.splice(Number(key), 0, ...list.slice(Number(key), Number(key) + random.size(8)));
        else raw = `0, ${JSON.stringify(key)}: ${JSON.stringify(parent[key]) ?? 'null'}`;
        if (!list) parent[key] = MARK;
        break;
      case 5:
        parent[key] = random.pick(words);
        break;
      case 6: {
        if (typeof parent[key] === 'number') parent[key] += random.pick([-1, 1, 0.5, 2 ** 31, 7]);
        else parent[key] = random.below(40) - 5;
        break;
      }
      default:
        raw = random.pick([
          `[${'0,'.repeat(random.size(30_000))}0]`,
          `${'['.repeat(random.size(10_000))}`,
          JSON.stringify({ '': parent[key] }) ?? 'null',
        ]);
        parent[key] = MARK;
    }
  }
  return (JSON.stringify(document.root) ?? 'null').replaceAll(JSON.stringify(MARK), () => raw);
}
