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
 * Loads keys from a store when they are used. Where there is no room for another key of a level, the one
 * of that level goes whose next use is furthest, which is known ("A study of replacement algorithms for a
 * virtual-storage computer", Belady, 1966). After its last use a key is next used in the next run.
 *
 * Room is counted by level, because SEAL's memory pool keeps what it frees for objects of the same size.
 */
export class KeyCache implements Deletable {
  readonly #context: SchemeContext;
  readonly #contexts: KeyContexts;
  readonly #store: KeyStore;
  readonly #uses: KeyUses;
  readonly #capacities: KeyCapacities;
  /** Places of a whole run. */
  readonly #round: number;
  readonly #loaded = new Map<KeyName, SwitchingKey>();
  #loads = 0;

  /**
   * @param uses of the run that the keys are for
   * @param capacities most keys of each level, at least 1; of a level that is not there, all are kept
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
    this.#round = 1 + [...uses.values()].reduce((most, places) => Math.max(most, last(places)), 0);
    this.#capacities = capacities;
  }

  /** How many times a key was loaded so far. */
  get loads(): number {
    return this.#loads;
  }

  /** The relinearization key, for the operation at place `at` of the run; valid until the next call. */
  relinearization(at: RunIndex): LoadedKey<RelinKeys> {
    return this.#get('relinearization', at, () => new this.#context.seal.RelinKeys());
  }

  /** The key that rotates by `steps`, for the operation at place `at` of the run; valid until the next call. */
  rotation(steps: number, at: RunIndex): LoadedKey<GaloisKeys> {
    return this.#get(steps, at, () => new this.#context.seal.GaloisKeys());
  }

  /** Loads keys before they are used, those of the first operations first, as many as there is room for. */
  preload(): void {
    const start = runIndex(-1);
    const names = [...this.#uses.keys()].sort(
      (a, b) => this.#wait(a, start) - this.#wait(b, start),
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
    // A name stands for one kind of key.
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

  /** @throws ShoalError if what was sent is no key of the plan, or SEAL cannot load it */
  #load(key: SwitchingKey, name: KeyName, stored: StoredKey): void {
    const { seal, params } = this.#context;
    const { context } = this.#contexts.at(stored.level);
    const form: SwitchingKeyFormat = {
      parmsId: parmsIdOf(context.keyParmsId()),
      degree: params.polyModulusDegree,
      primes: params.basePrimes + stored.level + 1,
      name,
    };
    const saved = savedKey(stored, savedKeyBytes(form));
    const refusal = `the key for ${describe(name)} is not one of this plan`;
    const place = { file: stored.file ?? '' };
    if (!isSavedKey(saved, form)) throw new ShoalError('bad-file', refusal, place);
    try {
      translating(seal, `loading the key for ${describe(name)}`, () =>
        key.loadFromArray(context, saved),
      );
    } catch (error) {
      if (stored.file === undefined || !hasCode(error, 'evaluation-failed')) throw error;
      throw new ShoalError('bad-file', `${refusal}: ${error.message}`, place);
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
    const rivals = this.#ofLevel(level);
    const furthest = rivals.reduce((a, b) => (this.#wait(b, at) > this.#wait(a, at) ? b : a));
    lookUp(this.#loaded, furthest).delete();
    this.#loaded.delete(furthest);
  }

  /** Places from `at` to a key's next use, going round. */
  #wait(name: KeyName, at: RunIndex): number {
    const places = this.#uses.get(name) ?? [];
    const next = places.find((place) => place > at) ?? this.#round + (places[0] ?? 0);
    return next - at;
  }
}

function describe(name: KeyName): string {
  return name === 'relinearization' ? name : `rotations by ${name}`;
}
