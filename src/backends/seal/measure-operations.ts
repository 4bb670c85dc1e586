import type {
  Ciphertext,
  GaloisKeys,
  Plaintext,
  PublicKey,
  RelinKeys,
  Evaluator as SealEvaluator,
} from 'node-seal/allows';
import type { CostTerm } from '../../cost/cost-model.ts';
import type { CostSample } from '../../cost/fit-cost.ts';
import { defined, smallestOf } from '../../lookup.ts';
import { ciphertextBytes } from '../../plan/ciphertext-bytes.ts';
import type { CkksParams } from '../../plan/plan.ts';
import { now } from '../../platform/time.ts';
import { canonicalScales } from '../../schemes/ckks/scales.ts';
import { distinctPrimes } from '../../schemes/primes.ts';
import { type CkksContext, createContext } from './ckks-context.ts';
import { loadSeal, translating } from './load-seal.ts';
import { type Deletable, Scope, scoped } from './scope.ts';
import { UniformEncoder } from './uniform-encoder.ts';

/**
 * Parameters to measure at: ring degree, and bits of the base, level and special primes, in order.
 */
export interface MeasuredChain {
  readonly degree: number;
  readonly primeBits: readonly number[];
}

/** Number of rounds of measurements of a chain. */
const MEASURE_ROUNDS = 3;
/** Time in ms for which a round repeats each operation. */
const MS_EACH = 8;
/** Lower limit on the repetitions of an operation in a round. */
const FEWEST_RUNS = 3;

/**
 * Measures the operations on ciphertexts on this machine, at a few levels of a chain of primes.
 * Each round takes the median of several runs, each into a new object, as an evaluation does. The
 * fastest round counts: other work of the machine can only slow an operation down, and only for a
 * while.
 *
 * @param onMeasured called after the setup and after each level of each round
 * @returns the time in ms of every cost term at every measured level
 * @throws ShoalError if SEAL fails
 */
export async function measureOperations(
  chain: MeasuredChain,
  onMeasured: () => void = () => {},
): Promise<readonly CostSample[]> {
  const seal = await loadSeal();
  return scoped((scope) => {
    const context = scope.own(createContext(seal, paramsOf(chain)));
    const keys = translating(seal, 'generating keys', () => generateKeys(context, scope));
    onMeasured();
    const bench = scope.own(new Bench(context, keys));
    const round = (): readonly CostSample[] =>
      measuredPrimes(chain).flatMap((primes) => {
        const samples = bench.measure(primes);
        onMeasured();
        return samples;
      });
    return translating(seal, 'measuring operations', () =>
      fastest(Array.from({ length: MEASURE_ROUNDS }, round)),
    );
  });
}

/** Returns the fastest round of each sample. Samples have the same order in every round. */
function fastest(rounds: readonly (readonly CostSample[])[]): readonly CostSample[] {
  return defined(rounds[0]).map((sample, at) => ({
    ...sample,
    ms: smallestOf(rounds.map((round) => defined(round[at]).ms)),
  }));
}

/** Returns how often {@link measureOperations} calls `onMeasured` for a chain. */
export function measurementsOf(chain: MeasuredChain): number {
  return 1 + MEASURE_ROUNDS * measuredPrimes(chain).length;
}

/** Returns the numbers of primes, without the special one, at which a chain is measured. */
function measuredPrimes({ primeBits }: MeasuredChain): readonly number[] {
  const all = primeBits.length - 1;
  const numbers = [1, 2, Math.ceil(all / 2), all];
  return [...new Set(numbers)].filter((primes) => primes <= all).sort((a, b) => a - b);
}

function paramsOf({ degree, primeBits }: MeasuredChain): CkksParams {
  const primes = defined(distinctPrimes(degree, primeBits));
  const scaleBits = defined(primeBits[1]);
  return {
    polyModulusDegree: degree,
    coeffModulusBits: [...primeBits],
    coeffModulus: primes.map(String),
    basePrimes: 1,
    scaleBits,
    scales: canonicalScales(scaleBits, primes.slice(1, -1)),
    securityBits: 128,
  };
}

/** Scale of the measured ciphertexts: small, so that products fit a modulus of one prime. */
const SCALE = 2 ** 8;

/** The operands of measured operations, at one level. */
interface Operands {
  readonly a: Ciphertext;
  readonly b: Ciphertext;
  /** A product that is not relinearized: three polynomials. */
  readonly product: Ciphertext;
  readonly plain: Plaintext;
}

interface Keys {
  readonly publicKey: PublicKey;
  readonly relin: RelinKeys;
  readonly galois: GaloisKeys;
}

function generateKeys({ seal, context }: CkksContext, scope: Scope): Keys {
  const generator = scope.own(new seal.KeyGenerator(context));
  return {
    publicKey: scope.own(generator.createPublicKey()),
    relin: scope.own(generator.createRelinKeys()),
    galois: scope.own(generator.createGaloisKeysWithSteps(Int32Array.of(1))),
  };
}

class Bench implements Deletable {
  readonly #context: CkksContext;
  readonly #keys: Keys;
  readonly #seal: SealEvaluator;
  readonly #uniform: UniformEncoder;
  readonly #scope = new Scope();

  constructor(context: CkksContext, keys: Keys) {
    this.#context = context;
    this.#keys = keys;
    this.#seal = this.#scope.own(new context.seal.Evaluator(context.context));
    this.#uniform = new UniformEncoder(context);
  }

  delete(): void {
    this.#scope.delete();
  }

  /** Measures all terms at the level that has this number of primes. */
  measure(primes: number): readonly CostSample[] {
    const { params, topLevel } = this.#context;
    return scoped((scope) => {
      const operands = this.#operands(scope, primes - 1);
      return this.#runs(operands, primes - 1).map(([term, polynomials, run]) => ({
        term,
        degree: params.polyModulusDegree,
        primes,
        chainPrimes: topLevel + 1,
        polynomials,
        ms: medianMs(run),
      }));
    });
  }

  #operands(scope: Scope, level: number): Operands {
    const { seal, context, encoder, slotCount, parmsIds } = this.#context;
    const plain = scope.own(new seal.Plaintext());
    encoder.encode(wave(slotCount), SCALE, plain);
    const encryptor = scope.own(new seal.Encryptor(context, this.#keys.publicKey));
    const empty = (): Ciphertext => scope.own(new seal.Ciphertext());
    const [a, b, product] = [empty(), empty(), empty()];
    for (const cipher of [a, b]) {
      encryptor.encrypt(plain, cipher);
      this.#seal.cipherModSwitchToInplace(cipher, defined(parmsIds[level]));
    }
    this.#seal.plainModSwitchToInplace(plain, defined(parmsIds[level]));
    this.#seal.multiply(a, b, product);
    return { a, b, product, plain };
  }

  #runs({ a, b, product, plain }: Operands, level: number): readonly Run[] {
    const seal = this.#seal;
    const { relin, galois } = this.#keys;
    const runs: Run[] = [
      ['add', 2, this.#toCipher((to) => seal.add(a, b, to))],
      ['add', 3, this.#toCipher((to) => seal.add(product, product, to))],
      ['negate', 2, this.#toCipher((to) => seal.negate(a, to))],
      ['addPlain', 2, this.#toCipher((to) => seal.addPlain(a, plain, to))],
      ['mulPlain', 2, this.#toCipher((to) => seal.multiplyPlain(a, plain, to))],
      ['mul', 2, this.#toCipher((to) => seal.multiply(a, b, to))],
      ['square', 2, this.#toCipher((to) => seal.square(a, to))],
      ['relinearize', 3, this.#toCipher((to) => seal.relinearize(product, relin, to))],
      ['rotate', 2, this.#toCipher((to) => seal.rotateVector(a, 1, galois, to))],
      ['encodeVector', 1, this.#toPlain((to) => this.#encodeVector(level, to))],
      ['encodeUniform', 1, this.#toPlain((to) => this.#encodeUniform(level, to))],
    ];
    if (this.#isLarge(level)) {
      runs.push(['transfer', 2, this.#toCipher((to) => this.#transfer(a, to))]);
    }
    if (level === 0) return runs;
    return [
      ...runs,
      ['rescale', 2, this.#toCipher((to) => seal.rescaleToNext(a, to))],
      ['rescale', 3, this.#toCipher((to) => seal.rescaleToNext(product, to))],
      ['drop', 2, this.#toCipher((to) => this.#drop(a, level, to))],
    ];
  }

  #drop(a: Ciphertext, level: number, to: Ciphertext): void {
    this.#seal.cipherModSwitchTo(a, defined(this.#context.parmsIds[level - 1]), to);
  }

  /**
   * Whether to measure transfers: small ones fit the processor's cache and say nothing about
   * others.
   */
  #isLarge(level: number): boolean {
    return ciphertextBytes(this.#context.params, level, 2) >= 2 ** 20;
  }

  /** Does the work of a sender and of a receiver, one after the other. */
  #transfer(a: Ciphertext, to: Ciphertext): void {
    const { seal, context } = this.#context;
    to.loadFromArray(context, a.saveToArray(seal.ComprModeType.none) as Uint8Array);
  }

  #encodeVector(level: number, to: Plaintext): void {
    this.#context.encode(wave(this.#context.slotCount), level, to);
  }

  #encodeUniform(level: number, to: Plaintext): void {
    this.#uniform.encode(0.7, level, defined(this.#context.params.scales[level]), to);
  }

  #toCipher(action: (to: Ciphertext) => void): () => void {
    return () => withNew(new this.#context.seal.Ciphertext(), action);
  }

  #toPlain(action: (to: Plaintext) => void): () => void {
    return () => withNew(new this.#context.seal.Plaintext(), action);
  }
}

type Run = readonly [term: CostTerm, polynomials: number, run: () => void];

function withNew<T extends Deletable>(object: T, action: (to: T) => void): void {
  try {
    action(object);
  } finally {
    object.delete();
  }
}

/** Returns a vector whose entries differ. */
function wave(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Math.sin(i));
}

function medianMs(run: () => void): number {
  // Not measured: the first run allocates memory, fills caches and lets WebAssembly be optimized.
  run();
  const times: number[] = [];
  let spent = 0;
  while (spent < MS_EACH || times.length < FEWEST_RUNS) {
    const start = now();
    run();
    const ms = now() - start;
    times.push(ms);
    spent += ms;
  }
  return defined(times.sort((a, b) => a - b)[times.length >> 1]);
}
