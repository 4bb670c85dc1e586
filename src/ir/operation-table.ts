import { at } from '../lookup.ts';

/** How operations compare. */
export interface OperationRules<Op> {
  /** Returns a text that is equal for equal operations. */
  readonly textOf: (op: Op) => string;
  /** Whether the operands of an operation can be swapped. */
  readonly commutes: (op: Op) => boolean;
}

/** Numbers operations, so that they compare by number. Equal ones share the first object. */
export class OperationTable<Op> {
  readonly #rules: OperationRules<Op>;
  readonly #byObject = new Map<Op, number>();
  readonly #byText = new Map<string, number>();
  readonly #operations: Op[] = [];
  readonly #commuting: boolean[] = [];

  constructor(rules: OperationRules<Op>) {
    this.#rules = rules;
  }

  /** Returns the number of an operation, which equal operations share. */
  numberOf(op: Op): number {
    return this.#byObject.get(op) ?? this.#register(op);
  }

  /** Returns the first object of the operation with a number. */
  operation(number: number): Op {
    return at(this.#operations, number);
  }

  /** Whether the operands of the operation with a number can be swapped. */
  commutes(number: number): boolean {
    return this.#commuting[number] === true;
  }

  #register(op: Op): number {
    const text = this.#rules.textOf(op);
    const number = this.#byText.get(text) ?? this.#operations.length;
    if (number === this.#operations.length) {
      this.#byText.set(text, number);
      this.#operations.push(op);
      this.#commuting.push(this.#rules.commutes(op));
    }
    this.#byObject.set(op, number);
    return number;
  }
}
