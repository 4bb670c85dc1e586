import type { Plan } from '../plan/plan.ts';
import { liveBytes } from './ckks-live-memory.ts';
import { integerLiveBytes } from './integer-live-memory.ts';
import { keyLevels } from './key-levels.ts';
import type { KeyName, KeyNeeds } from './key-needs.ts';
import { allKeys, type KeyCapacities, residentBytesOf } from './key-paging.ts';

/** The predicted memory of an evaluation, in bytes. */
export interface MemoryPrediction {
  /**
   * All keys as the client sends them, seeded. They are outside WebAssembly, shared by all workers.
   */
  readonly storedKeys: number;
  /** SEAL's tables, for each worker. */
  readonly contexts: number;
  /** Keys in WebAssembly memory, for each worker. */
  readonly loadedKeys: number;
  /** Ciphertexts, encoded plaintexts and temporaries of operations, for each worker. */
  readonly ciphertexts: number;
  /** Temporary memory for saving and loading a key, for each worker. */
  readonly transfers: number;
  /** All WebAssembly memory of a worker. */
  readonly heap: number;
  /** The heaps of all workers, and the stored keys. */
  readonly total: number;
}

/** SEAL's own code and data, and the initial memory of a heap. */
const MODULE_BYTES = 4 * 2 ** 20;
const FIRST_HEAP_BYTES = 16 * 2 ** 20;

/**
 * The growth of heaps. A heap that is too small grows by a fifth or 96 MiB, whichever is less. On
 * average half of that is unused.
 */
const HEAP_GROWTH = { share: 0.1, most: 48 * 2 ** 20 };

/**
 * Bytes of tables in a context for each root. For each prime of every level it has transform
 * tables, and as many again that only BFV needs: 32 bytes for each of N roots. Other tables add a
 * few percent.
 */
const TABLE_BYTES = 34;

/**
 * Copies of a key that exist while it is transferred. Saving writes to a stream, which doubles its
 * memory, and copies it; loading copies the bytes, then reads them.
 */
const TRANSFER_COPIES = 3;

/**
 * Predicts the memory of an evaluation of one batch of instances.
 *
 * @param jobs number of workers, each with its own heap; each may need all ciphertexts
 * @param capacities limit on the keys of each level in a worker's memory
 */
export function predictMemory(
  plan: Plan,
  jobs = 1,
  capacities: KeyCapacities = allKeys(keyLevels(plan)),
): MemoryPrediction {
  const { params } = plan;
  const levels = keyLevels(plan);
  const contexts = contextsBytes(params, levels);
  const loadedKeys = residentBytesOf(params, capacities);
  const ciphertexts = plan.scheme === 'ckks' ? liveBytes(plan) : integerLiveBytes(plan);
  const transfers = TRANSFER_COPIES * largestStored(params, levels);
  const heap = heapOf(MODULE_BYTES + contexts + loadedKeys + ciphertexts + transfers);
  const storedKeys = storedKeysBytes(params, levels);
  return {
    storedKeys,
    contexts,
    loadedKeys,
    ciphertexts,
    transfers,
    heap,
    total: storedKeys + jobs * heap,
  };
}

function heapOf(used: number): number {
  return Math.max(
    FIRST_HEAP_BYTES,
    Math.ceil(used + Math.min(HEAP_GROWTH.share * used, HEAP_GROWTH.most)),
  );
}

/** Returns the bytes that can be added to the predicted ones until a heap is as large as `heap`. */
export function roomLeft(prediction: MemoryPrediction, heap: number): number {
  const { contexts, loadedKeys, ciphertexts, transfers } = prediction;
  const used = MODULE_BYTES + contexts + loadedKeys + ciphertexts + transfers;
  return Math.max(heap / (1 + HEAP_GROWTH.share), heap - HEAP_GROWTH.most) - used;
}

function contextsBytes(params: Plan['params'], levels: KeyNeeds): number {
  const levelsInUse = new Set([...levels.values(), topLevel(params)]);
  let bytes = 0;
  for (const level of levelsInUse) {
    const primes = params.basePrimes + level + 1;
    bytes += TABLE_BYTES * params.polyModulusDegree * primes * (primes + 1);
  }
  return bytes;
}

function topLevel({ coeffModulus, basePrimes }: Plan['params']): number {
  return coeffModulus.length - 1 - basePrimes;
}

/**
 * The bytes that SEAL writes before a key's digits, and before each digit, with the seed of its
 * random half.
 */
const KEY_HEAD = 64;
const DIGIT_HEAD = 194;

/**
 * Returns the exact bytes of all keys that a client sends: the public key and the switching keys.
 */
export function storedKeysBytes(params: Plan['params'], levels: KeyNeeds): number {
  let bytes = DIGIT_HEAD + 8 * params.polyModulusDegree * params.coeffModulus.length;
  for (const [name, level] of levels) bytes += storedKeyBytes(params, name, level);
  return bytes;
}

/**
 * Returns the bytes of a stored key. A key has a digit for each prime of its level. A file of
 * Galois keys also has an empty entry for every other rotation.
 */
function storedKeyBytes(params: Plan['params'], name: KeyName, level: number): number {
  const { polyModulusDegree: degree, basePrimes } = params;
  const digits = basePrimes + level;
  const emptyEntries = name === 'relinearization' ? 0 : 8 * (degree - 1);
  return KEY_HEAD + emptyEntries + digits * (DIGIT_HEAD + 8 * degree * (digits + 1));
}

function largestStored(params: Plan['params'], levels: KeyNeeds): number {
  let largest = 0;
  for (const [name, level] of levels) {
    largest = Math.max(largest, storedKeyBytes(params, name, level));
  }
  return largest;
}
