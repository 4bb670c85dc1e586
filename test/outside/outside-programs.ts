import { readFileSync } from 'node:fs';

/** Figures that a publication gives for a program; those that it does not give are missing. */
export interface PublishedFigures {
  readonly depth?: number;
  /** Products of ciphertexts. */
  readonly mul?: number;
  readonly rotate?: number;
}

/** A program that the authors of another compiler published figures for. */
export interface OutsideProgram {
  /** Name of its file here, without `.circ`: written for shoal from the published description. */
  readonly name: string;
  readonly compiler: keyof typeof SOURCES;
  readonly published: PublishedFigures;
}

/** The publications, by the name of the compiler. */
export const SOURCES = {
  Porcupine:
    'Cowan et al.: Porcupine: A Synthesizing Compiler for Vectorized Homomorphic Encryption. PLDI 2021',
  EVA: 'Dathathri et al.: EVA: An Encrypted Vector Arithmetic Language and Compiler for Efficient Homomorphic Computation. PLDI 2020',
  SoK: 'Viand, Jattke, Hithnawi: SoK: Fully Homomorphic Encryption Compilers. IEEE S&P 2021',
  Coyote:
    'Malik, Sheth, Kulkarni: Coyote: A Compiler for Vectorizing Encrypted Arithmetic Circuits. ASPLOS 2023',
  HECO: 'Viand, Jattke, Haller, Hithnawi: HECO: Fully Homomorphic Encryption Compiler. USENIX Security 2023',
  DaCapo:
    'Cheon et al.: DaCapo: Automatic Bootstrapping Management for Efficient Fully Homomorphic Encryption. USENIX Security 2024',
  Fhelipe:
    'Krastev et al.: A Tensor Compiler with Automatic Data Packing for Simple and Efficient Fully Homomorphic Encryption. PLDI 2024',
  HEIR: 'HEIR: Homomorphic Encryption Intermediate Representation, its test of independent multiplications',
  CHEHAB: 'CHEHAB RL: Learning to Optimize Fully Homomorphic Encryption Computations. 2026',
} as const;

/**
 * The programs. Where several results are published for one, the best stands here. EVA, DaCapo and
 * Fhelipe give times alone.
 */
export const OUTSIDE_PROGRAMS: readonly OutsideProgram[] = [
  { name: 'box-blur', compiler: 'Porcupine', published: { depth: 0, mul: 0, rotate: 2 } },
  { name: 'gradient-x', compiler: 'Porcupine', published: { depth: 0, mul: 0, rotate: 4 } },
  { name: 'gradient-y', compiler: 'Porcupine', published: { depth: 0, mul: 0, rotate: 4 } },
  { name: 'sobel', compiler: 'Porcupine', published: { mul: 2, rotate: 8 } },
  { name: 'hamming', compiler: 'Porcupine', published: { mul: 1, rotate: 2 } },
  { name: 'dot-product', compiler: 'HECO', published: { depth: 1, mul: 1, rotate: 3 } },
  { name: 'convolution', compiler: 'Coyote', published: { mul: 1, rotate: 1 } },
  { name: 'convolution-5', compiler: 'Coyote', published: { mul: 1, rotate: 2 } },
  { name: 'distances', compiler: 'Coyote', published: { mul: 2, rotate: 4 } },
  { name: 'matrix-product', compiler: 'Coyote', published: { mul: 128, rotate: 4446 } },
  { name: 'maximum', compiler: 'CHEHAB', published: { depth: 4, mul: 12, rotate: 5 } },
  { name: 'cosine-transform', compiler: 'CHEHAB', published: { depth: 2, mul: 2, rotate: 8 } },
  { name: 'path-length', compiler: 'EVA', published: {} },
  { name: 'polynomial-regression', compiler: 'EVA', published: {} },
  { name: 'linear-regression', compiler: 'DaCapo', published: {} },
  { name: 'logistic-regression', compiler: 'Fhelipe', published: {} },
  { name: 'product-chain', compiler: 'HEIR', published: { depth: 3, mul: 7 } },
  { name: 'chi-squared', compiler: 'SoK', published: { depth: 2, mul: 6 } },
];

/** Returns the text of a program. */
export function outsideText({ name }: OutsideProgram): string {
  return readFileSync(new URL(`${name}.circ`, import.meta.url), 'utf8');
}
