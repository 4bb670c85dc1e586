import fc from 'fast-check';
import { type Names, type Pick, sharedScalars, sharedVectors, statements } from './programs.ts';

/** A random program on integers, with its scheme and with inputs larger than the modulus. */
export interface IntegerProgram {
  readonly text: string;
  readonly inputs: ReadonlyMap<string, Float64Array>;
}

/**
 * Plaintext moduli: tiny and composite ones, and primes that allow slots in some rings, in all
 * rings, and of 40 bits.
 */
export const MODULI = [2, 3, 257, 1000, 40_961, 65_537, 786_433, 1_099_511_480_321] as const;

/** Generates programs of 2 to `size` statements over scalars and vectors. */
export function integerProgram(
  size: number,
  moduli: readonly number[] = MODULI,
): fc.Arbitrary<IntegerProgram> {
  return fc
    .tuple(
      fc.constantFrom('bfv', 'bgv'),
      fc.constantFrom(...moduli),
      fc.constantFrom(1, 2, 3, 4, 6),
      fc.array(fc.nat(2 ** 30), { minLength: 2, maxLength: size }),
      fc.infiniteStream(fc.maxSafeInteger()),
    )
    .map(([scheme, t, n, seeds, data]) => {
      const next = () => data.next().value as number;
      const numbers = (count: number) => Float64Array.from({ length: count }, next);
      return {
        text: `scheme ${scheme}(t = ${t});\n${programText(n, seeds)}`,
        inputs: new Map([
          ['x', numbers(1)],
          ['y', numbers(1)],
          ['p', numbers(1)],
          ['u', numbers(n)],
          ['v', numbers(n)],
          ['q', numbers(n)],
        ]),
      };
    });
}

function programText(n: number, seeds: readonly number[]): string {
  const inputs = [
    'input x: cipher;',
    'input y: cipher;',
    'input p: plain;',
    `input u: cipher[${n}];`,
    `input v: cipher[${n}];`,
    `input q: plain[${n}];`,
  ];
  const names = { scalars: ['x', 'y', 'p'], vectors: ['u', 'v', 'q'] };
  return [...inputs, ...statements(n, seeds, names, scalarStatement, vectorStatement)].join('\n');
}

function scalarStatement(name: string, n: number, names: Names, pick: Pick): string {
  const s = () => names.scalars[pick(names.scalars.length)] as string;
  const w = () => names.vectors[pick(names.vectors.length)] as string;
  const writers = [
    () => `let ${name} = ${s()}*${s()};`,
    () => `let ${name} = ${s()} + ${s()};`,
    () => `let ${name} = ${s()} - ${s()};`,
    () => `let ${name} = sum(${w()});`,
    () => `let ${name} = dot(${w()}, ${w()});`,
    () => `let ${name} = ${w()}[${pick(n)}];`,
    () => `let ${name} = ${s()}^${1 + pick(3)};`,
    () => `let ${name} = -${s()};`,
    () => `let ${name} = poly(${s()}, [1, -2, 0, 70000]);`,
    () => `var ${name} = ${s()}; for i in 0..2 { ${name} = 31*${name} + i; }`,
    () => `let ${name} = 0*${s()};`,
    () => `let ${name} = 65536*${s()} - 3;`,
    () => `let ${name} = trace(outer(${w()}, ${w()})) - len(${w()});`,
    ...sharedScalars(name, n, names, pick),
  ];
  return (writers[pick(writers.length)] as () => string)();
}

function vectorStatement(name: string, n: number, names: Names, pick: Pick): string {
  const s = () => names.scalars[pick(names.scalars.length)] as string;
  const w = () => names.vectors[pick(names.vectors.length)] as string;
  const writers = [
    () => `let ${name} = ${w()}*${w()};`,
    () => `let ${name} = ${w()} + ${w()};`,
    () => `let ${name} = ${w()} - ${s()};`,
    () => `let ${name} = ${s()}*${w()};`,
    () => `let ${name} = rotate(${w()}, ${pick(n)});`,
    () => `let ${name} = concat(${w()}, 5*${w()})[${pick(n + 1)}..][0..${n}];`,
    () => `let ${name} = [${Array.from({ length: n }, s).join(', ')}];`,
    () => `let ${name} = ${w()}^${1 + pick(2)};`,
    () => `let ${name} = -${w()};`,
    () => `let ${name} = ${w()} - ${w()};`,
    () => `let ${name} = cumsum(${w()});`,
    ...sharedVectors(name, n, names, pick),
  ];
  return (writers[pick(writers.length)] as () => string)();
}
