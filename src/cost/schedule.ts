import { Heap } from '../ir/heap.ts';
import { defined } from '../lookup.ts';

/** An operation for a worker. In a list of tasks, operands come before the tasks that read them. */
export interface Task {
  readonly ms: number;
  /** Indices of the tasks whose results are read, in the same list. */
  readonly operands: readonly number[];
  /** Milliseconds for bringing the result to another worker. */
  readonly transferMs: number;
  /** Bytes that the result takes until it is last read, on each worker that has it. */
  readonly bytes: number;
  /** Whether every worker has the result from the start, so that nobody performs the task. */
  readonly isReplicated: boolean;
}

/** The tasks of each worker, and their order. */
export interface Schedule {
  /** Milliseconds until the last task is finished. */
  readonly ms: number;
  /**
   * The tasks of each worker in order of start. If all workers keep to their orders, no two ever
   * wait for each other: some order of all tasks contains all these orders.
   */
  readonly workers: readonly (readonly number[])[];
}

/**
 * Distributes tasks to `workers` workers: list scheduling by critical path ("Bounds on
 * multiprocessing timing anomalies", Graham, 1969). Whenever a worker is idle, the ready task with
 * the longest remaining path goes to the worker that will finish it first, transfers included
 * ("Performance-effective and low-complexity task scheduling for heterogeneous computing",
 * Topcuoglu, Hariri and Wu, 2002). A task that is less urgent by no more than its own length goes
 * first if it avoids a transfer.
 *
 * By urgency alone, a wide circuit is evaluated breadth first, with its whole breadth in memory. So
 * if results take more than `workers` times the peak of doing tasks one by one in the order of the
 * list, the ready task that comes first in the list goes first, until they take less.
 *
 * Deterministic; O(n·(log n + workers)).
 */
export function listSchedule(tasks: readonly Task[], workers: number): Schedule {
  return new Scheduler(tasks, workers).run();
}

/**
 * Returns, for each task, the longest path from its start to the end of everything that depends on
 * it.
 */
export function remainingPaths(tasks: readonly Task[]): Float64Array {
  const paths = new Float64Array(tasks.length);
  for (let at = tasks.length - 1; at >= 0; at--) {
    const { ms, operands } = defined(tasks[at]);
    // Until here, paths[at] is the longest path behind the task.
    const path = defined(paths[at]) + ms;
    paths[at] = path;
    for (const operand of operands) paths[operand] = Math.max(defined(paths[operand]), path);
  }
  return paths;
}

/**
 * Returns the largest number of bytes that results take at a time if tasks are done one by one in
 * the order of the list.
 */
export function peakBytes(tasks: readonly Task[]): number {
  const unread = readersOf(tasks);
  let [live, peak] = [0, 0];
  for (const { bytes, operands } of tasks) {
    live += bytes;
    peak = Math.max(peak, live);
    for (const operand of operands) {
      if (countDown(unread, operand) === 0) live -= defined(tasks[operand]).bytes;
    }
  }
  return peak;
}

/** Subtracts 1 from a count and returns the result. */
function countDown(counts: Int32Array, index: number): number {
  const left = defined(counts[index]) - 1;
  counts[index] = left;
  return left;
}

/** Returns how often each task's result is read. */
function readersOf(tasks: readonly Task[]): Int32Array {
  const readers = new Int32Array(tasks.length);
  for (const { operands } of tasks)
    for (const operand of operands) readers[operand] = defined(readers[operand]) + 1;
  return readers;
}

/** Number of ready tasks that are searched for one without transfers. */
const LOOKAHEAD = 16;

class Scheduler {
  readonly #tasks: readonly Task[];
  readonly #users: readonly (readonly number[])[];
  /** Number of operands of each task that are not finished, counted as often as they are read. */
  readonly #missing: Int32Array;
  readonly #paths: Float64Array;
  readonly #ready: ReadyTasks;
  readonly #running = new Heap<Finish>((a, b) => a.at - b.at || a.task - b.task);
  /** When each worker finishes its tasks so far, in ms. */
  readonly #free: Float64Array;
  /** 1 if a worker has a result, at `task·workers + worker`. */
  readonly #has: Uint8Array;
  readonly #orders: readonly number[][];
  /** How often each result will still be read. */
  readonly #unread: Int32Array;
  /**
   * Bytes that results take on all workers together, and the number that they should not exceed.
   */
  #live = 0;
  readonly #mostLive: number;

  constructor(tasks: readonly Task[], workers: number) {
    this.#tasks = tasks;
    this.#users = usersOf(tasks);
    this.#missing = Int32Array.from(tasks, ({ operands }) => operands.length);
    this.#free = new Float64Array(workers);
    this.#has = new Uint8Array(tasks.length * workers);
    this.#orders = Array.from({ length: workers }, () => []);
    this.#paths = remainingPaths(tasks);
    this.#ready = new ReadyTasks(this.#paths);
    this.#unread = readersOf(tasks);
    this.#mostLive = workers * peakBytes(tasks);
  }

  run(): Schedule {
    this.#tasks.forEach(({ operands, isReplicated }, task) => {
      if (isReplicated) this.#replicate(task);
      else if (operands.length === 0) this.#ready.push(task);
    });
    let now = 0;
    this.#assignReady(now);
    for (let next = this.#running.pop(); next !== undefined; next = this.#running.pop()) {
      now = next.at;
      this.#finish(next.task);
      while (this.#running.peek()?.at === now) this.#finish(defined(this.#running.pop()).task);
      this.#assignReady(now);
    }
    return { ms: now, workers: this.#orders };
  }

  /** Marks a task as finished whose result every worker has. */
  #replicate(task: number): void {
    const workers = this.#free.length;
    this.#has.fill(1, task * workers, (task + 1) * workers);
    this.#release(task);
  }

  #finish(task: number): void {
    for (const operand of defined(this.#tasks[task]).operands) {
      if (countDown(this.#unread, operand) === 0)
        this.#live -= this.#copies(operand) * this.#bytes(operand);
    }
    this.#release(task);
  }

  /** Makes those tasks ready that were waiting only for this one. */
  #release(task: number): void {
    for (const user of defined(this.#users[task])) {
      if (countDown(this.#missing, user) === 0 && !defined(this.#tasks[user]).isReplicated)
        this.#ready.push(user);
    }
  }

  #bytes(task: number): number {
    return defined(this.#tasks[task]).bytes;
  }

  #copies(task: number): number {
    const workers = this.#free.length;
    let copies = 0;
    for (let worker = 0; worker < workers; worker++)
      copies += defined(this.#has[task * workers + worker]);
    return copies;
  }

  #assignReady(now: number): void {
    while (this.#ready.size > 0 && this.#free.some((free) => free <= now)) {
      const task = this.#takeReady(now);
      this.#assign(task, this.#earliest(task, now), now);
    }
  }

  /**
   * Removes and returns the first ready task in the current order. If that task needs a transfer,
   * returns an almost equally urgent one that needs none, if there is one.
   */
  #takeReady(now: number): number {
    const order: Order = this.#live > this.#mostLive ? 'first' : 'urgent';
    const next = this.#ready.take(order);
    const urgent = defined(this.#paths[next]) - defined(this.#tasks[next]).ms;
    const skipped: number[] = [];
    let task: number | undefined = next;
    while (task !== undefined && this.#transfers(task, this.#earliest(task, now)) > 0) {
      skipped.push(task);
      task =
        skipped.length < LOOKAHEAD && this.#ready.size > 0 ? this.#ready.take(order) : undefined;
      if (task === undefined || defined(this.#paths[task]) >= urgent) continue;
      this.#ready.putBack(task, order);
      task = undefined;
    }
    task ??= next;
    for (const other of skipped) if (other !== task) this.#ready.putBack(other, order);
    return task;
  }

  /** Returns the worker that finishes a task first, the one with the lowest number among equals. */
  #earliest(task: number, now: number): number {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    this.#free.forEach((free, worker) => {
      const done = Math.max(free, now) + this.#transfers(task, worker);
      if (done < least) [best, least] = [worker, done];
    });
    return best;
  }

  /** Returns the milliseconds for bringing a task's operands, those that it lacks, to a worker. */
  #transfers(task: number, worker: number): number {
    const workers = this.#free.length;
    let ms = 0;
    const { operands } = defined(this.#tasks[task]);
    for (let i = 0; i < operands.length; i++) {
      const operand = defined(operands[i]);
      const missing = this.#has[operand * workers + worker] === 0;
      // An operand that is read twice is transferred once.
      if (missing && operands.indexOf(operand) === i)
        ms += defined(this.#tasks[operand]).transferMs;
    }
    return ms;
  }

  #assign(task: number, worker: number, now: number): void {
    const { ms, operands } = defined(this.#tasks[task]);
    const done = Math.max(defined(this.#free[worker]), now) + this.#transfers(task, worker) + ms;
    const workers = this.#free.length;
    for (const at of [...operands, task]) {
      const index = at * workers + worker;
      if (this.#has[index] === 1) continue;
      this.#has[index] = 1;
      this.#live += this.#bytes(at);
    }
    this.#free[worker] = done;
    defined(this.#orders[worker]).push(task);
    this.#running.push({ at: done, task });
  }
}

type Order = 'urgent' | 'first';

/** Tasks whose operands are finished, to be taken by urgency or by index in the list. */
class ReadyTasks {
  readonly #urgent: Heap<number>;
  readonly #first = new Heap<number>((a, b) => a - b);
  /**
   * The tasks that are ready. Each heap may still contain tasks that were taken from the other one.
   */
  readonly #waiting = new Set<number>();

  constructor(paths: Float64Array) {
    this.#urgent = new Heap((a, b) => defined(paths[b]) - defined(paths[a]) || a - b);
  }

  get size(): number {
    return this.#waiting.size;
  }

  push(task: number): void {
    this.#waiting.add(task);
    this.#urgent.push(task);
    this.#first.push(task);
  }

  /** Removes and returns the first task in an order. There must be one. */
  take(order: Order): number {
    for (;;) {
      const task = defined(this.#heap(order).pop());
      if (this.#waiting.delete(task)) return task;
    }
  }

  /** Puts back a task that was taken in an order. */
  putBack(task: number, order: Order): void {
    this.#waiting.add(task);
    this.#heap(order).push(task);
  }

  #heap(order: Order): Heap<number> {
    return order === 'urgent' ? this.#urgent : this.#first;
  }
}

interface Finish {
  readonly at: number;
  readonly task: number;
}

function usersOf(tasks: readonly Task[]): readonly (readonly number[])[] {
  const users: number[][] = tasks.map(() => []);
  tasks.forEach(({ operands }, task) => {
    for (const operand of operands) defined(users[operand]).push(task);
  });
  return users;
}
