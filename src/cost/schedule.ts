import { Heap } from '../ir/heap.ts';
import { defined } from '../lookup.ts';

/** Something that a worker does, in a list in which operands come before whoever reads them. */
export interface Task {
  readonly ms: number;
  /** Places of the tasks whose results are read, in the same list. */
  readonly operands: readonly number[];
  /** What it takes to bring the result to another worker. */
  readonly transferMs: number;
  /** Memory that the result takes, on each worker that has it, until it is last read. */
  readonly bytes: number;
  /** Whether every worker has the result from the start; there is nothing to do for such a task. */
  readonly isReplicated: boolean;
}

/** Who does what, and in which order. */
export interface Schedule {
  /** Milliseconds until the last task is done. */
  readonly ms: number;
  /**
   * For each worker its tasks in order of start. If all workers keep to their orders, none ever waits
   * for itself: some order of all tasks has these as parts.
   */
  readonly workers: readonly (readonly number[])[];
}

/**
 * Distributes tasks to `workers` workers: list scheduling by critical path ("Bounds on multiprocessing
 * timing anomalies", Graham, 1969). Whenever a worker is idle, the ready task with the longest remaining
 * path is given to the worker that will be done with it first, transfers included ("Performance-effective
 * and low-complexity task scheduling for heterogeneous computing", Topcuoglu, Hariri and Wu, 2002); one
 * that is less urgent by no more than its own length goes first if it saves a transfer.
 *
 * Going by urgency alone, a wide circuit is done breadth first, and all of its breadth is in memory. So
 * where results take more than `workers` times the most that they take if tasks are done one by one in the
 * order of the list, the ready task that comes first in the list goes first, until they take less.
 *
 * Deterministic; O(n·(log n + workers)).
 */
export function listSchedule(tasks: readonly Task[], workers: number): Schedule {
  return new Scheduler(tasks, workers).run();
}

/** For each task the longest way from its start to the end of everything that depends on it. */
export function remainingPaths(tasks: readonly Task[]): Float64Array {
  const paths = new Float64Array(tasks.length);
  for (let at = tasks.length - 1; at >= 0; at--) {
    const { ms, operands } = defined(tasks[at]);
    // So far it is the longest path behind the task.
    const path = defined(paths[at]) + ms;
    paths[at] = path;
    for (const operand of operands) paths[operand] = Math.max(defined(paths[operand]), path);
  }
  return paths;
}

/** The most that results take at a time if tasks are done one by one in the order of the list. */
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

/** Subtracts 1 from a count and returns what is left. */
function countDown(counts: Int32Array, index: number): number {
  const left = defined(counts[index]) - 1;
  counts[index] = left;
  return left;
}

/** How often each task's result is read. */
function readersOf(tasks: readonly Task[]): Int32Array {
  const readers = new Int32Array(tasks.length);
  for (const { operands } of tasks)
    for (const operand of operands) readers[operand] = defined(readers[operand]) + 1;
  return readers;
}

/** Ready tasks that are looked at for one without transfers. */
const LOOKAHEAD = 16;

class Scheduler {
  readonly #tasks: readonly Task[];
  readonly #users: readonly (readonly number[])[];
  /** Operands of each task that are not done, counted as often as they are read. */
  readonly #missing: Int32Array;
  readonly #paths: Float64Array;
  readonly #ready: ReadyTasks;
  readonly #running = new Heap<Finish>((a, b) => a.at - b.at || a.task - b.task);
  /** When each worker is done with what it has. */
  readonly #free: Float64Array;
  /** Whether a worker has a result: `task·workers + worker`. */
  readonly #has: Uint8Array;
  readonly #orders: readonly number[][];
  /** How often each result is still to be read. */
  readonly #unread: Int32Array;
  /** Memory that results take, on all workers together, and what they should not exceed. */
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

  /** What is given is done, and nobody has to bring it. */
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

  /** Lets tasks be ready that wait for this one only. */
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
   * Takes the ready task whose turn it is, or one that is almost as urgent and needs no transfer where
   * that one does.
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

  /** The worker that is done with a task first; of several, the one with the lowest number. */
  #earliest(task: number, now: number): number {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    this.#free.forEach((free, worker) => {
      const done = Math.max(free, now) + this.#transfers(task, worker);
      if (done < least) [best, least] = [worker, done];
    });
    return best;
  }

  /** What it takes to bring a task's operands to a worker, those that it lacks. */
  #transfers(task: number, worker: number): number {
    const workers = this.#free.length;
    let ms = 0;
    const { operands } = defined(this.#tasks[task]);
    for (let i = 0; i < operands.length; i++) {
      const operand = defined(operands[i]);
      const missing = this.#has[operand * workers + worker] === 0;
      // What is read twice is brought once.
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
      const place = at * workers + worker;
      if (this.#has[place] === 1) continue;
      this.#has[place] = 1;
      this.#live += this.#bytes(at);
    }
    this.#free[worker] = done;
    defined(this.#orders[worker]).push(task);
    this.#running.push({ at: done, task });
  }
}

type Order = 'urgent' | 'first';

/** Tasks whose operands are done, to be taken by urgency or by place in the list. */
class ReadyTasks {
  readonly #urgent: Heap<number>;
  readonly #first = new Heap<number>((a, b) => a - b);
  /** Both heaps keep what was taken from the other one until they come across it. */
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

  /** Takes one; there has to be one. */
  take(order: Order): number {
    for (;;) {
      const task = defined(this.#heap(order).pop());
      if (this.#waiting.delete(task)) return task;
    }
  }

  /** Takes back what was taken in an order. */
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
