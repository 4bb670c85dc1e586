import type { Value } from './value.ts';

/** What a name holds. Undefined stands for a value whose computation was refused; it stays quiet. */
export interface Cell<W> {
  value: Value<W> | undefined;
}

/** Names of one block, with the blocks around it. A function's outermost block lies in the globals. */
export class Scope<W> {
  readonly cells = new Map<string, Cell<W>>();
  readonly outer: Scope<W> | undefined;

  constructor(outer?: Scope<W>) {
    this.outer = outer;
  }

  declare(name: string, value: Value<W> | undefined): void {
    this.cells.set(name, { value });
  }

  find(name: string): Cell<W> | undefined {
    for (let scope: Scope<W> | undefined = this; scope; scope = scope.outer) {
      const cell = scope.cells.get(name);
      if (cell) return cell;
    }
    return undefined;
  }

  /** Every name that is visible inside of `limit`, with its value now, inner ones hiding outer ones. */
  visible(limit?: Scope<W>): Map<string, Value<W> | undefined> {
    const seen = new Map<string, Value<W> | undefined>();
    for (let scope: Scope<W> | undefined = this; scope && scope !== limit; scope = scope.outer) {
      for (const [name, cell] of scope.cells) if (!seen.has(name)) seen.set(name, cell.value);
    }
    return seen;
  }
}
