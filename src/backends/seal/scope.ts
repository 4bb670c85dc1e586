/** An object that must be deleted, such as the embind objects of SEAL. */
export interface Deletable {
  delete(): void;
}

/**
 * An owner of embind objects, which are not garbage collected. When it is deleted, it deletes all
 * of them, last first.
 */
export class Scope implements Deletable {
  readonly #owned: Deletable[] = [];

  /** Takes ownership of an object and returns it. */
  own<T extends Deletable>(object: T): T {
    this.#owned.push(object);
    return object;
  }

  delete(): void {
    for (const object of this.#owned.splice(0).reverse()) object.delete();
  }
}

/**
 * Runs `action` with a scope for its temporary objects, which is deleted whether or not it throws.
 */
export function scoped<T>(action: (scope: Scope) => T): T {
  const scope = new Scope();
  try {
    return action(scope);
  } finally {
    scope.delete();
  }
}
