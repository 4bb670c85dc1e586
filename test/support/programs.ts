import fc from 'fast-check';

/** A random program over scalars and vectors: shared subexpressions, loops, plain inputs, constants. */
export interface RandomProgram {
  readonly text: string;
}

/** Names that are declared so far, and literals that do for them. */
export interface Names {
  readonly scalars: readonly string[];
  readonly vectors: readonly string[];
}

/** A number below a limit, the next of a sequence. */
export type Pick = (limit: number) => number;

/** Writes a statement that declares a name, from vectors of `n` elements and what is declared before. */
export type Statement = (name: string, n: number, names: Names, pick: Pick) => string;

/** Programs of 2 to `size` statements; values stay small enough for float64 comparisons. */
export function randomProgram(size = 14): fc.Arbitrary<RandomProgram> {
  return fc
    .tuple(
      fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 12),
      fc.array(fc.nat(2 ** 30), { minLength: 2, maxLength: size }),
    )
    .map(([n, seeds]) => ({ text: programText(n, seeds) }));
}

function programText(n: number, seeds: readonly number[]): string {
  const inputs = [
    'input x: cipher within [-1, 1];',
    'input y: cipher within [-1, 1];',
    'input p: plain within [0.5, 1];',
    `input u: cipher[${n}] within [-1, 1];`,
    `input v: cipher[${n}] within [-1, 1];`,
    `input q: plain[${n}] within [0.5, 1];`,
  ];
  const names = { scalars: ['x', 'y', 'p', '0.5', '3'], vectors: ['u', 'v', 'q'] };
  return [...inputs, ...statements(n, seeds, names, scalarStatement, vectorStatement)].join('\n');
}

/** A statement for each seed, a scalar or a vector, and the last of both as outputs. */
export function statements(
  n: number,
  seeds: readonly number[],
  given: Names,
  scalar: Statement,
  vector: Statement,
): readonly string[] {
  let names = given;
  const lines = seeds.map((seed, i) => {
    let state = seed;
    const pick: Pick = (limit) => {
      const chosen = state % limit;
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return chosen;
    };
    const isScalar = pick(2) === 0;
    const name = `${isScalar ? 's' : 'w'}${i}`;
    const line = (isScalar ? scalar : vector)(name, n, names, pick);
    names = isScalar
      ? { ...names, scalars: [...names.scalars, name] }
      : { ...names, vectors: [...names.vectors, name] };
    return line;
  });
  return [...lines, `output a = ${names.scalars.at(-1)};`, `output b = ${names.vectors.at(-1)};`];
}

function scalarStatement(name: string, n: number, names: Names, pick: Pick): string {
  const s = () => names.scalars[pick(names.scalars.length)] as string;
  const w = () => names.vectors[pick(names.vectors.length)] as string;
  const forms = [
    () => `let ${name} = ${s()}*${s()};`,
    () => `let ${name} = ${s()} + ${s()};`,
    () => `let ${name} = ${s()} - ${s()};`,
    () => `let ${name} = sum(${w()})/${n};`,
    () => `let ${name} = dot(${w()}, ${w()})/${n};`,
    () => `let ${name} = ${w()}[${pick(n)}];`,
    () => `let ${name} = ${s()}^${1 + pick(4)};`,
    () => `let ${name} = -${s()};`,
    () => `let ${name} = ${s()}/p;`,
    () => `let ${name} = poly(${s()}, [1, 0.5, 0, 0.25]);`,
    () => `var ${name} = ${s()}; for i in 0..${1 + pick(3)} { ${name} = ${name}*${s()} + 0.5*i; }`,
    () => `let ${name} = ${s()}*${s()}*${s()}*${s()};`,
  ];
  return (forms[pick(forms.length)] as () => string)();
}

function vectorStatement(name: string, n: number, names: Names, pick: Pick): string {
  const s = () => names.scalars[pick(names.scalars.length)] as string;
  const w = () => names.vectors[pick(names.vectors.length)] as string;
  const tail = n > 1 ? `concat(${w()}[1..], ${w()}[0..1])` : w();
  const forms = [
    () => `let ${name} = ${w()}*${w()};`,
    () => `let ${name} = ${w()} + ${w()};`,
    () => `let ${name} = ${w()} - ${s()};`,
    () => `let ${name} = ${s()}*${w()};`,
    () => `let ${name} = rotate(${w()}, ${pick(n)});`,
    () => `let ${name} = ${tail};`,
    () => `let ${name} = concat(${w()}, 0.5*${w()})[${pick(n + 1)}..][0..${n}];`,
    () => `let ${name} = [${w()}, 2*${w()}][${pick(2)}];`,
    () => `let ${name} = [${Array.from({ length: n }, s).join(', ')}];`,
    () => `let ${name} = ${w()}^${1 + pick(3)};`,
    () => `let ${name} = ${w()}/q;`,
    () => `let ${name} = -${w()};`,
    () => `var ${name} = ${w()}; for i in 0..2 { ${name} = ${name}*${w()}; }`,
  ];
  return (forms[pick(forms.length)] as () => string)();
}

/** Options of a property test that prints the seed with which a failure can be repeated. */
export function seeded(numRuns: number): fc.Parameters<unknown> {
  return { numRuns, verbose: fc.VerbosityLevel.Verbose };
}
