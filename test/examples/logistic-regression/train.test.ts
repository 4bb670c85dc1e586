import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { prepare } from '../../../src/examples/logistic-regression/prepare.ts';
import {
  PROGRAMS,
  type ProgramName,
  type TrainingProgram,
} from '../../../src/examples/logistic-regression/programs.ts';
import { trainCommand } from '../../../src/examples/logistic-regression/train-command.ts';
import {
  accuracy,
  cubicSlope,
  observed,
  quadraticSlope,
  sigmoidSlope,
} from '../../../src/examples/logistic-regression/train-in-clear.ts';
import { defined } from '../../../src/lookup.ts';
import { root, workspace } from '../../cli/support.ts';
import { train } from './support.ts';

const names = Object.keys(PROGRAMS) as ProgramName[];

/** Returns the largest difference of two functions on [-limit, limit]. */
function distance(f: (x: number) => number, g: (x: number) => number, limit: number): number {
  const grid = Array.from({ length: 20001 }, (_, i) => limit * (i / 10000 - 1));
  return Math.max(...grid.map((x) => Math.abs(f(x) - g(x))));
}

test('the cubic differs from the sigmoid by the error that the circuits state', () => {
  expect(distance(cubicSlope, sigmoidSlope, 8)).toBeLessThan(0.12);
  expect(distance(cubicSlope, sigmoidSlope, 8)).toBeGreaterThan(0.11);
});

test('the quadratic is the least-squares approximation', () => {
  // Its residual is orthogonal to 1, u and u² over [-radius, radius].
  const radius = 3;
  const slope = quadraticSlope(radius);
  const count = 20000;
  for (const power of [0, 1, 2]) {
    const terms = Array.from({ length: count }, (_, i) => {
      const u = radius * ((2 * i + 1) / count - 1);
      return (slope(1 - u) - Math.max(0, u)) * u ** power;
    });
    expect(terms.reduce((sum, x) => sum + x, 0) / count).toBeCloseTo(0, 6);
  }
});

describe.each(names)('%s', (name) => {
  const program: TrainingProgram = PROGRAMS[name];

  test('training in the clear agrees with the test vectors of the circuit', () => {
    const file = `circuits/logistic-regression/${name}.vectors.json`;
    const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as {
      vectors: {
        inputs: { Z: number[][] | number[][][]; w0?: number[] };
        expect: { w: number[] };
      }[];
    };
    const params = defaultsOf(name);
    expect(vectors.length).toBeGreaterThanOrEqual(5);
    for (const { inputs, expect: outputs } of vectors) {
      const { Z, w0 = outputs.w.map(() => 0) } = inputs;
      const batches = (program.minibatches ? Z : [Z]) as number[][][];
      const weights = program.method({
        batches: batches.map((rows) => new Matrix(rows)),
        start: Matrix.columnVector(w0),
        steps: defined(params.k),
        slope: program.approximate(params),
        params,
      });
      weights.to1DArray().forEach((x, j) => {
        expect(x).toBeCloseTo(defined(outputs.w[j]), 8);
      });
    }
  });

  test('learns digits in the clear, with arguments in the domain of its polynomial', () => {
    const scaling = program.scaling;
    const [steps, samples] = program.minibatches ? [6, 64] : [3, program.samples];
    const batches = program.minibatches ? steps : 1;
    const params = program.params.mnist;
    const means = [1, 2, 3].map((seed) => {
      const prepared = prepare({ data: 'mnist', scaling, batches, samples, skip: 0, seed });
      const { slope, largest } = observed(program.approximate(params), program.argument);
      const training = {
        batches: prepared.batches.map((rows) => new Matrix(rows.map((row) => [...row]))),
        start: Matrix.zeros(prepared.width, 1),
        steps,
        params,
      };
      const model = program.method({ ...training, slope }).to1DArray();
      expect(largest()).toBeLessThanOrEqual(1.1 * program.domain(params));
      const exact = program.method({ ...training, slope: program.exact.slope }).to1DArray();
      return [accuracy(model, prepared.test), accuracy(exact, prepared.test)] as const;
    });
    for (const [approximate, exact] of means) {
      expect(approximate).toBeGreaterThan(MIN_ACCURACY[name]);
      expect(Math.abs(approximate - exact)).toBeLessThan(0.015);
    }
  });
});

/**
 * Minimum accuracy after six minibatches of 64 digits, or three steps on 256: the measured accuracy
 * minus one percent.
 */
const MIN_ACCURACY: Readonly<Record<ProgramName, number>> = {
  'full-batch': 0.925,
  minibatch: 0.935,
  nesterov: 0.935,
  'fixed-hessian': 0.85,
  'squared-hinge': 0.935,
};

/** Returns the default params in the text of a circuit. */
function defaultsOf(name: ProgramName): Readonly<Record<string, number>> {
  const text = readFileSync(`circuits/logistic-regression/${name}.circ`, 'utf8');
  const params = text.matchAll(/^param (\w+) = ([\d.]+);/gm);
  return Object.fromEntries([...params].map(([, param, value]) => [param, Number(value)]));
}

describe('npm run train', () => {
  const small = ['--data', 'breast-cancer', '-n', '16', '-D', 'step=4'];

  test('trains encrypted as in the clear, and continues from the weights of another run', async () => {
    const space = workspace();
    try {
      const weights = join(space.path, 'w.json');
      const first = train(...small, '-k', '1', '--json', '--save', weights);
      expect([first.stderr, first.status]).toEqual(['', 0]);
      const one = JSON.parse(first.stdout);
      expect(one.params).toEqual({ step: 4, largest: 1, start: 0 });
      expect(one.evaluation.memory.keyBytes).toBeGreaterThan(0);
      expect(one.maxWeightError).toBeLessThanOrEqual(one.evaluation.predictedError);
      expect(one.accuracy.evaluated).toBe(one.accuracy.clear);
      expect(JSON.parse(readFileSync(weights, 'utf8'))).toEqual(one.weights);
      // Gradient descent has no momentum, so two runs of one step equal one run of two steps.
      const minibatch = ['--circuit', 'minibatch', ...small, '--backend', 'plain', '--json'];
      const started = await trainCommand([...minibatch, '-k', '1', '--save', weights]);
      const rest = [...minibatch, '-k', '1', '--skip', '16', '--start', weights];
      const continued = await trainCommand(rest);
      const both = await trainCommand([...minibatch, '-k', '2']);
      expect([started, continued, both].map(({ status }) => status)).toEqual([0, 0, 0]);
      const [twice, whole] = [continued, both].map(({ stdout }) => JSON.parse(stdout));
      expect(twice.params.start).toBe(1);
      whole.weights.forEach((x: number, j: number) => {
        expect(twice.weights[j]).toBeCloseTo(x, 10);
      });
    } finally {
      space.remove();
    }
  });

  test('prints a table', async () => {
    const options = ['-k', '1', '--backend', 'plain', '-O1', '-q'];
    const { status, stdout } = await trainCommand([...small, ...options]);
    expect(status).toBe(0);
    for (const row of [
      /^samples .*16 in 1 minibatch of 16, 31 weights$/m,
      /^levels /m,
      /^upload /m,
    ])
      expect(stdout).toMatch(row);
    expect(stdout).toMatch(/^in the clear, true sigmoid +\d+\.\d\d %$/m);
  });

  test('trains in stages when there are too few levels', async () => {
    const options = ['-k', '9', '-O1', '--refresh', 'client', '--json'];
    const { status, stdout } = await trainCommand([...small, ...options, '--backend', 'plain']);
    expect(status).toBe(0);
    const { evaluation, maxWeightError } = JSON.parse(stdout);
    expect(evaluation.stages.length).toBeGreaterThan(1);
    expect(maxWeightError).toBeLessThan(1e-9);
  });

  test('ends with status 3 when it is interrupted', async () => {
    const script = 'src/examples/logistic-regression/train.ts';
    const child = spawn(process.execPath, [script, ...small, '-k', '4', '-O3'], { cwd: root });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    // The first phase is printed as soon as there is a plan.
    child.stderr.once('data', () => child.kill('SIGINT'));
    const [status] = await once(child, 'exit');
    expect(status).toBe(3);
    expect(stderr).toMatch(/^train: interrupted$/m);
  });

  test.each([
    [['--circuit', 'nesterof'], "did you mean 'nesterov'?"],
    [['--data', 'mnsit'], 'Allowed choices are mnist, breast-cancer'],
    [['-k', '0'], 'Give a whole number, at least 1'],
    [['-k', '200'], '200 × 64 = 12800 samples are required'],
    [['--jsn'], "unknown option '--jsn'; did you mean --json?"],
    [['-O', '7'], 'The optimization levels are 0, 1, 2 and 3'],
    [['-D', 'k=3'], '-D k: give -k instead'],
    [['-D', 'f=3'], 'the data determine the number of features'],
    [['-D', 'stp=3', '--backend', 'plain'], 'did you mean -D step'],
    [['--compare'], '--compare does not apply here'],
    [['--backend', 'debug'], '--backend debug does not apply here'],
    [['--inputs', 'x.json'], 'the data are those of --data'],
    [['--circuit', 'full-batch', '--start', 'w.json'], 'full-batch starts from zero weights'],
    [['--start', '/none.json'], 'cannot read /none.json'],
  ])('refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await trainCommand([...args, '-q']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    const json = await trainCommand([...args, '--json']);
    expect([json.status, json.stderr]).toEqual([2, '']);
    expect(JSON.parse(json.stdout).errors[0].message).toContain(message);
  });
});
