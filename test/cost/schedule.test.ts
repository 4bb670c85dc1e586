import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listSchedule, peakBytes, remainingPaths, type Task } from '../../src/cost/schedule.ts';
import { defined } from '../../src/lookup.ts';

const task = (ms: number, operands: number[] = [], transferMs = 0): Task => ({
  ms,
  operands,
  transferMs,
  bytes: 1,
  isReplicated: false,
});
const upload: Task = { ms: 0, operands: [], transferMs: 0, bytes: 0, isReplicated: true };
const scheduleLength = (tasks: readonly Task[], workers: number) => listSchedule(tasks, workers).ms;

describe('derived by hand', () => {
  test('an empty list takes no time', () => {
    expect(scheduleLength([], 2)).toBe(0);
  });

  test('independent tasks are distributed to the workers', () => {
    const tasks = [task(3), task(3), task(2), task(2), task(2)];
    expect(scheduleLength(tasks, 1)).toBe(12);
    // Graham's example: longest first gives 3+2+2, the best schedule is 3+3 and 2+2+2.
    expect(scheduleLength(tasks, 2)).toBe(7);
    expect(scheduleLength(tasks, 5)).toBe(3);
    expect(scheduleLength(tasks, 9)).toBe(3);
  });

  test('a chain gains nothing from more workers', () => {
    const tasks = [task(1), task(2, [0]), task(3, [1])];
    expect(scheduleLength(tasks, 3)).toBe(6);
  });

  test('the longest path goes first, whatever the order in the list', () => {
    // Two short tasks and a chain of 1 + 5, which would end at 7 if it started last.
    const tasks = [task(1), task(1), task(1), task(5, [2])];
    expect(scheduleLength(tasks, 2)).toBe(6);
  });

  test('a transfer takes the time of the worker that gets the result', () => {
    // Two tasks in parallel, 10 each. Their sum, 1, waits for one transfer of 3.
    const tasks = [task(10, [], 3), task(10, [], 3), task(1, [0, 1])];
    expect(scheduleLength(tasks, 2)).toBe(14);
  });

  test('a result is transferred to a worker once', () => {
    // The other worker fetches the first result once: 1 + 3 + 4 + 4.
    const tasks = [task(1, [], 3), task(4, [0]), task(4, [0]), task(4, [0]), task(4, [0])];
    expect(scheduleLength(tasks, 2)).toBe(12);
  });

  test('an operand that is read twice is transferred once', () => {
    const tasks = [task(1, [], 2), task(6, [0, 0]), task(6, [0, 0])];
    expect(scheduleLength(tasks, 2)).toBe(9);
  });

  test('a result is not transferred if waiting is faster', () => {
    const tasks = [task(1, [], 100), task(6, [0]), task(6, [0])];
    expect(scheduleLength(tasks, 2)).toBe(13);
  });

  test('every worker has replicated results, and no worker computes them', () => {
    const tasks = [upload, { ...upload, operands: [0] }, task(6, [0, 1]), task(6, [1])];
    expect(listSchedule(tasks, 3)).toEqual({ ms: 6, workers: [[2], [3], []] });
  });

  test('each worker has its tasks in order of start', () => {
    // The chain of 1 + 5 goes first; the other worker does the two short tasks.
    const tasks = [task(1), task(1), task(1), task(5, [2])];
    expect(listSchedule(tasks, 2).workers).toEqual([
      [2, 3],
      [0, 1],
    ]);
  });
});

test('results count as memory until they are last read', () => {
  // The first result is read twice, the third is an output.
  expect(peakBytes([task(1), task(1, [0]), task(1, [0, 1]), task(1), task(1, [3])])).toBe(3);
});

test('a wide list is not scheduled breadth first if that takes more memory', () => {
  // 100 times a long and two short tasks, and their sum: one by one, 3 results are alive.
  const tasks: Task[] = [task(1)];
  for (let i = 0; i < 100; i++) {
    const at = tasks.length;
    tasks.push(task(50), task(1, [at]), task(1, [at + 1]), task(1, [at - 1, at + 2]));
  }
  expect(peakBytes(tasks)).toBe(3);
  const { ms, workers } = listSchedule(tasks, 2);
  expect(ms).toBeLessThan(1.05 * (total(tasks) / 2));
  // No worker is ever far ahead of the other one in the list.
  const [a, b] = workers.map((order) => order.filter((at) => defined(tasks[at]).ms === 50));
  defined(a).forEach((at, i) => {
    if (defined(b)[i] !== undefined) expect(Math.abs(at - defined(defined(b)[i]))).toBeLessThan(40);
  });
});

test('the remaining path of a task includes the task', () => {
  const tasks = [task(1), task(2, [0]), task(5, [0]), task(1, [1, 2]), task(4)];
  expect([...remainingPaths(tasks)]).toEqual([7, 3, 6, 1, 4]);
});

/** Tasks that read any of the tasks before them. */
const anyTasks = fc
  .array(
    fc.record({
      ms: fc.integer({ min: 0, max: 50 }),
      transferMs: fc.integer({ min: 0, max: 20 }),
      reads: fc.array(fc.nat(), { maxLength: 3 }),
    }),
    { maxLength: 60 },
  )
  .map((list) =>
    list.map(({ ms, transferMs, reads }, at): Task => {
      const operands = at === 0 ? [] : reads.map((read) => read % at);
      const isReplicated = operands.length === 0 && ms % 3 === 0;
      return {
        ms: isReplicated ? 0 : ms,
        transferMs,
        operands,
        bytes: isReplicated ? 0 : 1,
        isReplicated,
      };
    }),
  );
const anyWorkers = fc.integer({ min: 1, max: 6 });
const total = (tasks: readonly Task[]) => tasks.reduce((sum, { ms }) => sum + ms, 0);
const critical = (tasks: readonly Task[]) => Math.max(0, ...remainingPaths(tasks));

describe('any tasks', () => {
  test('are each assigned to one worker, and no two workers wait for each other', () => {
    fc.assert(
      fc.property(anyTasks, anyWorkers, (tasks, workers) => {
        const orders = listSchedule(tasks, workers).workers;
        const done = new Set(tasks.flatMap(({ isReplicated }, at) => (isReplicated ? [at] : [])));
        const next = orders.map(() => 0);
        // Each worker goes on as long as its next task is ready.
        const goOn = (order: readonly number[], worker: number): boolean => {
          const at = order[defined(next[worker])];
          if (
            at === undefined ||
            !defined(tasks[at]).operands.every((operand) => done.has(operand))
          )
            return false;
          expect(done.has(at)).toBe(false);
          done.add(at);
          next[worker] = defined(next[worker]) + 1;
          return true;
        };
        while (orders.some(goOn));
        expect(done.size).toBe(tasks.length);
      }),
    );
  });

  test('take at least the critical path and an equal share of the work', () => {
    fc.assert(
      fc.property(anyTasks, anyWorkers, (tasks, workers) => {
        const length = scheduleLength(tasks, workers);
        expect(length).toBeGreaterThanOrEqual(critical(tasks));
        expect(length).toBeGreaterThanOrEqual(total(tasks) / workers - 1e-9);
      }),
    );
  });

  test('take one worker the sum of their times', () => {
    fc.assert(
      fc.property(anyTasks, (tasks) => {
        expect(scheduleLength(tasks, 1)).toBe(total(tasks));
      }),
    );
  });

  test("are within Graham's bound if transfers are free", () => {
    fc.assert(
      fc.property(anyTasks, anyWorkers, (list, workers) => {
        const tasks = list.map((each) => ({ ...each, transferMs: 0 }));
        const bound = total(tasks) / workers + (1 - 1 / workers) * critical(tasks);
        expect(scheduleLength(tasks, workers)).toBeLessThanOrEqual(bound + 1e-9);
      }),
    );
  });
});
