import type { ErrorCode } from '../errors/codes.ts';
import { SCHEMES, type SchemeName } from '../schemes/schemes.ts';
import type { Program, Scheme } from '../syntax/ast.ts';
import { didYouMean, type Span } from '../syntax/diagnostic.ts';
import { fromDecimal, integerOf } from '../tensor/exact.ts';

/** A scheme that computes with integers. */
export interface IntegerScheme {
  readonly name: 'bfv' | 'bgv';
  /** Plaintext modulus t. */
  readonly modulus: number;
}

/** The scheme of a file, and with it the numbers that the program computes with. */
export type SchemeType = IntegerScheme | { readonly name: 'ckks'; readonly modulus: undefined };

type Refuse = (code: ErrorCode, message: string, span: Span, help?: string) => undefined;

const DEFAULT: SchemeType = { name: 'ckks', modulus: undefined };
/** Plaintext modulus by default: a prime that gives ciphertexts slots in every supported ring. */
const DEFAULT_MODULUS = 65_537;

/** Returns the scheme of a file. It applies to the whole file, wherever the statement is. */
export function schemeOf(program: Program, refuse: Refuse): SchemeType {
  const [first, ...others] = program.items.filter((item) => item.kind === 'scheme');
  for (const other of others) {
    refuse(
      'duplicate-scheme',
      'the scheme has been chosen already',
      other.span,
      'a file has one scheme',
    );
  }
  return first ? chosen(first, refuse) : DEFAULT;
}

function chosen(item: Scheme, refuse: Refuse): SchemeType {
  const { name } = item.name;
  if (!isScheme(name)) {
    const near = didYouMean(name, Object.keys(SCHEMES));
    refuse(
      'unknown-scheme',
      `unknown scheme '${name}'`,
      item.name.span,
      near
        ? `did you mean '${near}'?`
        : 'ckks for real numbers, bfv(t=65537) or bgv(t=65537) for integers modulo t',
    );
    return DEFAULT;
  }
  const hasModulus = name !== 'ckks';
  let modulus = DEFAULT_MODULUS;
  for (const option of item.options) {
    const value = integerOf(fromDecimal(option.value.text));
    if (!hasModulus || option.name.name !== 't') {
      refuse(
        'unknown-scheme-option',
        `${name} has no option '${option.name.name}'`,
        option.name.span,
        hasModulus
          ? `write ${name}(t=65537)`
          : 'the compiler chooses the parameters; --precision sets the precision',
      );
    } else if (value === undefined || value < 2) {
      refuse(
        'scheme-modulus',
        't must be an integer from 2 to 2^53',
        option.value.span,
        'JSON has no exact numbers for larger residues',
      );
    } else modulus = value;
  }
  return hasModulus ? { name, modulus } : DEFAULT;
}

function isScheme(name: string): name is SchemeName {
  return Object.hasOwn(SCHEMES, name);
}
