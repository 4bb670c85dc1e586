import { defined } from '../lookup.ts';
import type { OperationTable } from './operation-table.ts';

/** Entry of the table that no node has. */
const FREE = -1;
/** Entries of an empty table; always a power of two. */
const LEAST_ENTRIES = 64;
/** A factor of the hash: odd, with bits spread over all 32. */
const HASH_FACTOR = 0x9e3779b1;

/** What the table reads of a node. */
interface Entry<Id extends number, Op> {
  readonly id: Id;
  readonly op: Op;
  readonly args: readonly Id[];
}

/** A hash table of a graph's nodes by operation and operands, with open addressing. */
export class NodeTable<Id extends number, Op> {
  readonly #nodes: readonly Entry<Id, Op>[];
  readonly #operations: OperationTable<Op>;
  /** Ids of nodes, and their hashes, each at an index that its hash leads to. */
  #ids = new Int32Array(LEAST_ENTRIES).fill(FREE);
  #hashes = new Int32Array(LEAST_ENTRIES);
  #count = 0;

  /** @param nodes the nodes of the graph, to which the caller adds */
  constructor(nodes: readonly Entry<Id, Op>[], operations: OperationTable<Op>) {
    this.#nodes = nodes;
    this.#operations = operations;
  }

  /**
   * Returns the node with an operation and operands. If there is none, registers `id` for the node
   * that the caller adds, and returns it.
   *
   * @param number the number of the operation
   */
  findOrAdd(number: number, args: readonly Id[], id: Id): Id {
    const [ids, hashes, mask] = [this.#ids, this.#hashes, this.#ids.length - 1];
    const hash = this.#hash(number, args);
    let index = hash & mask;
    for (let known = ids[index]; known !== FREE; known = ids[index]) {
      if (hashes[index] === hash) {
        const node = defined(this.#nodes[defined(known)]);
        if (
          this.#operations.numberOf(node.op) === number &&
          this.#haveSame(number, node.args, args)
        )
          return node.id;
      }
      index = (index + 1) & mask;
    }
    ids[index] = id;
    hashes[index] = hash;
    this.#count += 1;
    // Up to half of the entries are taken, so that most searches end at once.
    if (2 * this.#count > ids.length) this.#grow();
    return id;
  }

  #hash(number: number, args: readonly Id[]): number {
    let hash = mixed(number, args.length);
    if (this.#operations.commutes(number)) {
      const [a = 0, b = 0] = args;
      return mixed(mixed(hash, Math.min(a, b)), Math.max(a, b));
    }
    for (const arg of args) hash = mixed(hash, arg);
    return hash;
  }

  #haveSame(number: number, a: readonly Id[], b: readonly Id[]): boolean {
    if (a.length !== b.length) return false;
    if (a.every((arg, i) => arg === b[i])) return true;
    return this.#operations.commutes(number) && a[0] === b[1] && a[1] === b[0];
  }

  #grow(): void {
    const [ids, hashes] = [this.#ids, this.#hashes];
    const [newIds, newHashes] = [new Int32Array(2 * ids.length), new Int32Array(2 * ids.length)];
    newIds.fill(FREE);
    const mask = newIds.length - 1;
    for (let from = 0; from < ids.length; from++) {
      const id = defined(ids[from]);
      if (id === FREE) continue;
      const hash = defined(hashes[from]);
      let index = hash & mask;
      while (newIds[index] !== FREE) index = (index + 1) & mask;
      newIds[index] = id;
      newHashes[index] = hash;
    }
    this.#ids = newIds;
    this.#hashes = newHashes;
  }
}

/** Adds a number to a hash, so that each of its bits changes about half of the hash's. */
function mixed(hash: number, next: number): number {
  const product = Math.imul(hash ^ next, HASH_FACTOR);
  return Math.imul(product ^ (product >>> 15), HASH_FACTOR) ^ (product >>> 16);
}
