import type { GaloisKeys, RelinKeys, Evaluator as SealEvaluator } from 'node-seal/allows';
import { hasCode, ShoalError } from '../../errors/shoal-error.ts';
import { last, lookUp } from '../../lookup.ts';
import type { KeyName, KeyUses } from '../../memory/key-needs.ts';
import type { KeyCapacities } from '../../memory/key-paging.ts';
import { type RunIndex, runIndex } from '../../plan/index-space.ts';
import type { KeyContexts } from './key-contexts.ts';
import { type KeyStore, type StoredKey, savedKey } from './key-store.ts';
import { sealError, translating } from './load-seal.ts';
import { isSavedKey, parmsIdOf, type SwitchingKeyFormat, savedKeyBytes } from './saved-formats.ts';
import type { SchemeContext } from './scheme-evaluator.ts';
import type { Deletable } from './scope.ts';

/** A key and the evaluator of the context that it belongs to. */
export interface LoadedKey<Key> {
  readonly evaluator: SealEvaluator;
  readonly key: Key;
}

type SwitchingKey = GaloisKeys | RelinKeys;

/**
 * Loads keys from a store when they are used. If a level has no room for another key, the key of
 * that level is deleted whose next use is furthest away; the order of operations is known ("A study
 * of replacement algorithms for a virtual-storage computer", Belady, 1966). After its last use in a
 * run, a key is next used in the next run.
 *
 * Room is counted by level, because SEAL's memory pool reuses freed memory only for objects of the
 * same size.
 */
export class KeyCache implements Deletable {
  readonly #context: SchemeContext;
  readonly #contexts: KeyContexts;
  readonly #store: KeyStore;
  readonly #uses: KeyUses;
  readonly #capacities: KeyCapacities;
  /** Number of operations of a run, up to the last one that uses a key. */
  readonly #runLength: number;
  readonly #loaded = new Map<KeyName, SwitchingKey>();
  #loads = 0;

  /**
   * @param uses of keys in a run
   * @param capacities limit on loaded keys of each level, at least 1; none for a level without
   *   entry
   */
  constructor(
    context: SchemeContext,
    contexts: KeyContexts,
    store: KeyStore,
    uses: KeyUses,
    capacities: KeyCapacities = new Map(),
  ) {
    this.#context = context;
    this.#contexts = contexts;
    this.#store = store;
    this.#uses = uses;
    this.#runLength =
      1 + [...uses.values()].reduce((largest, indices) => Math.max(largest, last(indices)), 0);
    this.#capacities = capacities;
  }

  /** Number of times a key was loaded so far. */
  get loads(): number {
    return this.#loads;
  }

  /** Returns the relinearization key, for operation `at` of the run. Valid until the next call. */
  relinearization(at: RunIndex): LoadedKey<RelinKeys> {
    return this.#get('relinearization', at, () => new this.#context.seal.RelinKeys());
  }

  /**
   * Returns the key of a rotation offset, for operation `at` of the run. Valid until the next call.
   */
  rotation(offset: number, at: RunIndex): LoadedKey<GaloisKeys> {
    return this.#get(offset, at, () => new this.#context.seal.GaloisKeys());
  }

  /** Loads as many keys as there is room for, those that are used first in a run first. */
  preload(): void {
    const start = runIndex(-1);
    const names = [...this.#uses.keys()].sort(
      (a, b) => this.#distance(a, start) - this.#distance(b, start),
    );
    for (const name of names) {
      if (!this.#hasRoom(this.#store.switching.get(name)?.level ?? 0)) continue;
      if (name === 'relinearization') this.relinearization(start);
      else this.rotation(name, start);
    }
  }

  delete(): void {
    for (const key of this.#loaded.values()) key.delete();
    this.#loaded.clear();
  }

  #get<Key extends SwitchingKey>(name: KeyName, at: RunIndex, create: () => Key): LoadedKey<Key> {
    const stored = this.#store.switching.get(name);
    if (stored === undefined) throw sealError(`there is no key for ${describe(name)}`);
    const { evaluator } = this.#contexts.at(stored.level);
    const loaded = this.#loaded.get(name);
    // All keys of one name have the same type.
    if (loaded !== undefined) return { evaluator, key: loaded as Key };
    this.#makeRoom(stored.level, at);
    const key = create();
    try {
      this.#load(key, name, stored);
    } catch (error) {
      key.delete();
      throw error;
    }
    this.#loaded.set(name, key);
    this.#loads++;
    return { evaluator, key };
  }

  /** @throws ShoalError if the stored bytes are not a key of the plan, or SEAL cannot load them */
  #load(key: SwitchingKey, name: KeyName, stored: StoredKey): void {
    const { seal, params } = this.#context;
    const { context } = this.#contexts.at(stored.level);
    const format: SwitchingKeyFormat = {
      parmsId: parmsIdOf(context.keyParmsId()),
      degree: params.polyModulusDegree,
      primes: params.basePrimes + stored.level + 1,
      name,
    };
    const saved = savedKey(stored, savedKeyBytes(format));
    const refusal = `the key for ${describe(name)} is not one of this plan`;
    const location = { file: stored.file ?? '' };
    if (!isSavedKey(saved, format)) throw new ShoalError('bad-file', refusal, location);
    try {
      translating(seal, `loading the key for ${describe(name)}`, () =>
        key.loadFromArray(context, saved),
      );
    } catch (error) {
      if (stored.file === undefined || !hasCode(error, 'evaluation-failed')) throw error;
      throw new ShoalError('bad-file', `${refusal}: ${error.message}`, location);
    }
  }

  #hasRoom(level: number): boolean {
    return this.#ofLevel(level).length < (this.#capacities.get(level) ?? Number.POSITIVE_INFINITY);
  }

  #ofLevel(level: number): readonly KeyName[] {
    return [...this.#loaded.keys()].filter(
      (name) => lookUp(this.#store.switching, name).level === level,
    );
  }

  #makeRoom(level: number, at: RunIndex): void {
    if (this.#hasRoom(level)) return;
    const candidates = this.#ofLevel(level);
    const furthest = candidates.reduce((a, b) =>
      this.#distance(b, at) > this.#distance(a, at) ? b : a,
    );
    lookUp(this.#loaded, furthest).delete();
    this.#loaded.delete(furthest);
  }

  /** Returns the number of operations from `at` to a key's next use, in this run or the next. */
  #distance(name: KeyName, at: RunIndex): number {
    const indices = this.#uses.get(name) ?? [];
    const next = indices.find((index) => index > at) ?? this.#runLength + (indices[0] ?? 0);
    return next - at;
  }
}

function describe(name: KeyName): string {
  return name === 'relinearization' ? name : `rotations by ${name}`;
}
