import { readFileSync } from 'node:fs';

/** Figures of another compiler's result for a program; those that are not public are missing. */
export interface PublishedFigures {
  readonly depth?: number;
  /** Products of ciphertexts. */
  readonly mul?: number;
  readonly rotate?: number;
}

/** A program of the suite of another compiler. */
export interface OutsideProgram {
  /** Name of its file here, without `.circ`: written for shoal from the published description. */
  readonly name: string;
  readonly compiler: keyof typeof SOURCES;
  readonly published: PublishedFigures;
}

/** A publication, and where its figures can be looked up. */
export interface PublicationSource {
  readonly publication: string;
  /** The file that has them, in a public repository; undefined if no figures are given here. */
  readonly figures?: string;
}

/** The publications, by the name of the compiler. */
export const SOURCES = {
  Porcupine: {
    publication:
      'Cowan et al.: Porcupine: A Synthesizing Compiler for Vectorized Homomorphic Encryption. PLDI 2021',
    figures: 'MarbleHE/HECO: evaluation/comparison/porcupine, its results in C++, counted',
  },
  EVA: {
    publication:
      'Dathathri et al.: EVA: An Encrypted Vector Arithmetic Language and Compiler for Efficient Homomorphic Computation. PLDI 2020',
  },
  SoK: {
    publication:
      'Viand, Jattke, Hithnawi: SoK: Fully Homomorphic Encryption Compilers. IEEE S&P 2021',
    figures: 'MarbleHE/SoK: SEAL/source/chi-squared-bfv-batched, written by hand, counted',
  },
  Coyote: {
    publication:
      'Malik, Sheth, Kulkarni: Coyote: A Compiler for Vectorizing Encrypted Arithmetic Circuits. ASPLOS 2023',
    figures: 'raghav198/coyote: writeup/evaluation.tex, inputs fully replicated',
  },
  DaCapo: {
    publication:
      'Cheon et al.: DaCapo: Automatic Bootstrapping Management for Efficient Fully Homomorphic Encryption. USENIX Security 2024',
  },
  Fhelipe: {
    publication:
      'Krastev et al.: A Tensor Compiler with Automatic Data Packing for Simple and Efficient Fully Homomorphic Encryption. PLDI 2024',
  },
  HEIR: {
    publication: 'HEIR, a compiler of homomorphic encryption: its test mult_indep',
    figures: 'google/heir: the test itself, which has seven products in a chain',
  },
  CHEHAB: {
    publication: 'CHEHAB, a compiler of homomorphic encryption: its benchmarks',
    figures: 'Modern-Compilers-Lab/CHEHAB: results/results_RL.csv',
  },
} as const satisfies Record<string, PublicationSource>;

/**
 * The programs, with figures of the compiler's own result that its authors or those of another
 * compiler made public. Figures that could not be looked up are left out.
 */
export const OUTSIDE_PROGRAMS: readonly OutsideProgram[] = [
  { name: 'box-blur', compiler: 'Porcupine', published: { depth: 0, mul: 0, rotate: 2 } },
  { name: 'gradient-x', compiler: 'Porcupine', published: { depth: 0, mul: 0, rotate: 4 } },
  { name: 'gradient-y', compiler: 'Porcupine', published: {} },
  { name: 'sobel', compiler: 'Porcupine', published: {} },
  { name: 'hamming', compiler: 'Porcupine', published: { depth: 1, mul: 1, rotate: 2 } },
  { name: 'dot-product', compiler: 'Porcupine', published: { depth: 1, mul: 1, rotate: 3 } },
  { name: 'convolution', compiler: 'Coyote', published: { mul: 1, rotate: 1 } },
  { name: 'convolution-5', compiler: 'Coyote', published: { mul: 1, rotate: 2 } },
  { name: 'distances', compiler: 'Coyote', published: { mul: 2, rotate: 4 } },
  { name: 'matrix-product', compiler: 'Coyote', published: { mul: 128, rotate: 4446 } },
  { name: 'maximum', compiler: 'CHEHAB', published: { depth: 4, mul: 12, rotate: 5 } },
  { name: 'cosine-transform', compiler: 'CHEHAB', published: {} },
  { name: 'path-length', compiler: 'EVA', published: {} },
  { name: 'polynomial-regression', compiler: 'EVA', published: {} },
  { name: 'linear-regression', compiler: 'DaCapo', published: {} },
  { name: 'logistic-regression', compiler: 'Fhelipe', published: {} },
  { name: 'product-chain', compiler: 'HEIR', published: { mul: 7 } },
  { name: 'chi-squared', compiler: 'SoK', published: { depth: 2, mul: 6 } },
];

/** Returns the text of a program. */
export function outsideText({ name }: OutsideProgram): string {
  return readFileSync(new URL(`${name}.circ`, import.meta.url), 'utf8');
}
