import fc from 'fast-check';

/**
 * A random program over scalars and vectors, with loops, branches, assigned parts, plain inputs,
 * constants and sharing.
 */
export interface RandomProgram {
  readonly text: string;
}

/** Names declared so far, and literals that can replace them. */
export interface Names {
  readonly scalars: readonly string[];
  readonly vectors: readonly string[];
}

/** Returns the next number of a sequence, below a limit. */
export type Pick = (limit: number) => number;

/** Returns a statement that declares `name`, from vectors of `n` elements and earlier names. */
export type Statement = (name: string, n: number, names: Names, pick: Pick) => string;

/** Generates programs of 2 to `size` statements, with values small enough for float64. */
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

/** Returns a statement for each seed, and outputs of the last scalar and the last vector. */
export function statements(
  n: number,
  seeds: readonly number[],
  inputNames: Names,
  scalar: Statement,
  vector: Statement,
): readonly string[] {
  let names = inputNames;
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
  const writers = [
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
    () => `let ${name} = mean(${w()});`,
    () => `let ${name} = trace(outer(${w()}, ${w()}))/len(${w()});`,
    () => `let ${name} = trace(diag(${w()}))/${n} + sum(${w()}[..0]);`,
    () => `let ${name} = x*y within [-1, 1];`,
    ...sharedScalars(name, n, names, pick),
  ];
  return (writers[pick(writers.length)] as () => string)();
}

function vectorStatement(name: string, n: number, names: Names, pick: Pick): string {
  const s = () => names.scalars[pick(names.scalars.length)] as string;
  const w = () => names.vectors[pick(names.vectors.length)] as string;
  const tail = n > 1 ? `concat(${w()}[1..], ${w()}[0..1])` : w();
  const writers = [
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
    () => `let ${name} = mean([${w()}, ${w()}], 0);`,
    () => `let ${name} = cumsum(${w()})/${n};`,
    () => `var ${name} = u within [-1, 1]; ${name} *= v within [-1, 1];`,
    () =>
      n > 1
        ? `let ${name} = concat(avgpool([${w()}, ${w()}], 2, 1)[0], [${s()}]);`
        : `let ${name} = avgpool([${w()}], 1)[0];`,
    ...sharedVectors(name, n, names, pick),
  ];
  return (writers[pick(writers.length)] as () => string)();
}

/** Returns writers of scalars that programs on real numbers and on integers have. */
export function sharedScalars(
  name: string,
  n: number,
  names: Names,
  pick: Pick,
): readonly (() => string)[] {
  const s = () => names.scalars[pick(names.scalars.length)] as string;
  const w = () => names.vectors[pick(names.vectors.length)] as string;
  return [
    () => `let [${name}, ${name}_b] = [${s()}*${s()}, ${s()} - ${s()}];`,
    () => `var ${name} = ${s()}; ${name} += ${s()}; ${name} *= ${s()}; ${name} -= ${s()};`,
    () =>
      `var ${name} = ${s()}; if ${pick(5)} % 3 == 1 and not ${pick(2)} { ${name} += ${s()}; } ` +
      `else if ${pick(4)} >= 2 or ${pick(3)} < 1 { ${name} *= ${s()}; } ` +
      `else { let ${name}_c = ${s()}; ${name} = ${name}_c - ${name}; }`,
    () =>
      `var ${name} = ${s()}; ` +
      `for i in 0..3 { if i % 2 != ${pick(2)} { ${name} *= ${s()}; } else { ${name} -= i*${s()}; } }`,
    () =>
      `var ${name}_a = ${s()}; var ${name} = ${s()}; for i in 0..3 ` +
      `{ let [${name}_p, ${name}_q] = [${name}, ${name}_a + ${name}]; ${name}_a = ${name}_p; ${name} = ${name}_q; }`,
    () => `let ${name} = flatten(outer(${w()}, ${w()}))[${pick(n * n)}];`,
  ];
}

/** Returns writers of vectors that programs on real numbers and on integers have. */
export function sharedVectors(
  name: string,
  n: number,
  names: Names,
  pick: Pick,
): readonly (() => string)[] {
  const s = () => names.scalars[pick(names.scalars.length)] as string;
  const w = () => names.vectors[pick(names.vectors.length)] as string;
  const [from, to] = [pick(n), n - pick(n)].sort((a, b) => a - b) as [number, number];
  const step = 1 + pick(3);
  return [
    () => `let [${name}_b, ${name}] = [${w()}, ${w()} - ${w()}];`,
    () => `var ${name} = ${w()}; ${name}[${pick(n)}] = ${s()}; ${name}[${pick(n)}] *= ${s()};`,
    () =>
      `var ${name} = ${w()}; ${name}[${from}..${to}] = ${w()}[${from}..${to}]; ` +
      `${name}[${from}..${to}..${step}] += ${s()}; ${name}[${pick(n)}] = ${s()};`,
    () => `var ${name} = ${w()}; for i in 1..${n} { ${name}[i] = ${name}[i - 1] - ${name}[i]; }`,
    () =>
      `var ${name} = ${w()}; for i in 0..${Math.min(n, 4)} ` +
      `{ if i % 2 == ${pick(2)} { ${name}[i] -= ${s()}*${w()}[i]; } }`,
    () =>
      `var ${name}_m = [${w()}, ${w()}]; ${name}_m[.., ${pick(n)}] = [${s()}, ${s()}]; ` +
      `${name}_m[1] += ${w()}; ${name}_m[.., ${from}..] *= ${s()}; ` +
      `let ${name} = ${name}_m[0] - ${name}_m[1];`,
    () => `let ${name} = cumsum(${w()} - ${w()});`,
    () => `let ${name} = flatten([${w()}, ${w()}])[${pick(n + 1)}..][..${n}];`,
    () => `let ${name} = reshape(concat(${w()}, ${w()}), 2, -1)[${pick(2)}];`,
    () => `let ${name} = reshape([${w()}, ${w()}], ${n}, 2)[.., ${pick(2)}];`,
    () => `let ${name} = transpose([${w()}, ${w()}], 1, 0)[.., ${pick(2)}];`,
    () => `let ${name} = diag(outer(${w()}, ${w()}));`,
    () => `let ${name} = diag(${w()})[${pick(n)}] + diag(${w()}) @ ${w()};`,
    () => `let ${name} = kron([${s()}, ${s()}], ${w()})[${pick(n + 1)}..][..${n}];`,
    () => `let ${name} = kron(${w()}, [2, ${s()}])[..${2 * n}..2];`,
    () => `let ${name} = conv2d([${w()}], [[2, 1]], 1, 1)[1, ..${n}];`,
    () => `let ${name} = conv2d([${w()}], [[${s()}, ${s()}, 1]], 1, 1)[1];`,
    () => `let ${name} = concat(${w()}[..${n}..2], ${w()}[1..${n}..2]);`,
    () => `let ${name} = concat(${w()}[${pick(n)}..][..0], ${w()}, zeros(0));`,
  ];
}

/** Returns options for a property test that prints the seed of a failure, to repeat it. */
export function seeded(numRuns: number): fc.Parameters<unknown> {
  return { numRuns, verbose: fc.VerbosityLevel.Verbose };
}
