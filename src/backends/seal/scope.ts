/** What embind objects have in common. */
export interface Deletable {
  delete(): void;
}

/**
 * Owns embind objects, which are not garbage collected: deletes all of them, last first, when it is
 * deleted itself.
 */
export class Scope implements Deletable {
  readonly #owned: Deletable[] = [];

  /** Takes an object over and returns it. */
  own<T extends Deletable>(object: T): T {
    this.#owned.push(object);
    return object;
  }

  delete(): void {
    for (const object of this.#owned.splice(0).reverse()) object.delete();
  }
}

/** Runs `action` with a scope for its temporaries, deleted on every way out. */
export function scoped<T>(action: (scope: Scope) => T): T {
  const scope = new Scope();
  try {
    return action(scope);
  } finally {
    scope.delete();
  }
}
