import type { Plan } from '../plan/plan.ts';
import { liveBytes } from './ckks-live-memory.ts';
import { integerLiveBytes } from './integer-live-memory.ts';
import { keyLevels } from './key-levels.ts';
import type { KeyName, KeyNeeds } from './key-needs.ts';
import { allKeys, type KeyCapacities, residentBytesOf } from './key-paging.ts';

/** What an evaluation is predicted to take, in bytes. */
export interface MemoryPrediction {
  /** All keys as the client sends them, seeded; outside WebAssembly, shared by all workers. */
  readonly storedKeys: number;
  /** SEAL's tables, for each worker. */
  readonly contexts: number;
  /** Keys in WebAssembly memory, for each worker. */
  readonly loadedKeys: number;
  /** Ciphertexts, encoded plaintexts and temporaries of operations, for each worker. */
  readonly ciphertexts: number;
  /** What saving and loading a key takes on the way, for each worker. */
  readonly transfers: number;
  /** All of a worker's WebAssembly memory. */
  readonly heap: number;
  /** The heaps of all workers, and the stored keys. */
  readonly total: number;
}

/** SEAL's own code and data, and the memory that a heap begins with. */
const MODULE_BYTES = 4 * 2 ** 20;
const FIRST_HEAP_BYTES = 16 * 2 ** 20;

/** A heap that is too small grows by a fifth or 96 MiB, whichever is less: on average half of that is spare. */
const GROWTH = { share: 0.1, most: 48 * 2 ** 20 };

/**
 * A context has transform tables for each prime of every level, and as many again that only BFV needs: 32
 * bytes for each of N roots. Other tables add some percent.
 */
const TABLE_BYTES = 34;

/** A stream is saved into, doubling its room, then copied; or copied, then read. */
const TRANSFER_COPIES = 3;

/**
 * Predicts the memory of an evaluation of one batch of instances.
 *
 * @param jobs workers, each with a heap of its own; each may come to hold all ciphertexts
 * @param capacities how many keys of each level a worker holds at most
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
  return Math.max(FIRST_HEAP_BYTES, Math.ceil(used + Math.min(GROWTH.share * used, GROWTH.most)));
}

/** Bytes that can be taken besides what is predicted until a heap is as large as `heap`. */
export function roomLeft(prediction: MemoryPrediction, heap: number): number {
  const { contexts, loadedKeys, ciphertexts, transfers } = prediction;
  const used = MODULE_BYTES + contexts + loadedKeys + ciphertexts + transfers;
  return Math.max(heap / (1 + GROWTH.share), heap - GROWTH.most) - used;
}

function contextsBytes(params: Plan['params'], levels: KeyNeeds): number {
  const made = new Set([...levels.values(), topLevel(params)]);
  let bytes = 0;
  for (const level of made) {
    const primes = params.basePrimes + level + 1;
    bytes += TABLE_BYTES * params.polyModulusDegree * primes * (primes + 1);
  }
  return bytes;
}

function topLevel({ coeffModulus, basePrimes }: Plan['params']): number {
  return coeffModulus.length - 1 - basePrimes;
}

/** What SEAL writes before a key's digits, and before each digit, the seed of its random half included. */
const KEY_HEAD = 64;
const DIGIT_HEAD = 194;

/** Bytes of all keys that a client sends, exactly: the public key and those that switch. */
export function storedKeysBytes(params: Plan['params'], levels: KeyNeeds): number {
  let bytes = DIGIT_HEAD + 8 * params.polyModulusDegree * params.coeffModulus.length;
  for (const [name, level] of levels) bytes += storedKeyBytes(params, name, level);
  return bytes;
}

/** A key has a digit for each prime of its level; rotations have an empty place for every other one. */
function storedKeyBytes(params: Plan['params'], name: KeyName, level: number): number {
  const { polyModulusDegree: degree, basePrimes } = params;
  const digits = basePrimes + level;
  const places = name === 'relinearization' ? 0 : 8 * (degree - 1);
  return KEY_HEAD + places + digits * (DIGIT_HEAD + 8 * degree * (digits + 1));
}

function largestStored(params: Plan['params'], levels: KeyNeeds): number {
  let largest = 0;
  for (const [name, level] of levels) {
    largest = Math.max(largest, storedKeyBytes(params, name, level));
  }
  return largest;
}
