import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { costModelFile, loadCostModel } from '../../src/cli/stored-cost-model.ts';
import { BUILT_IN_COST } from '../../src/cost/built-in-cost.ts';
import { CostModel } from '../../src/cost/cost-model.ts';
import { costModelToText } from '../../src/cost/stored-model.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import { unitCost } from '../cost/cost-models.ts';
import { THOROUGH } from '../support/sampling.ts';
import { Errors } from './schemas.ts';
import { shoal, shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());
const env = { XDG_CONFIG_HOME: join(space.path, 'config') };
const file = join(env.XDG_CONFIG_HOME, 'shoal', 'cost-model.json');
beforeEach(() => rmSync(env.XDG_CONFIG_HOME, { recursive: true, force: true }));

function store(text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const Sample = z.strictObject({
  term: z.string(),
  degree: z.int(),
  primes: z.int(),
  chainPrimes: z.int(),
  polynomials: z.int(),
  ms: z.number().positive(),
});

const Calibration = z.strictObject({
  stored: z.string(),
  typical: z.array(
    z.strictObject({
      operation: z.string(),
      degree: z.int(),
      primes: z.int(),
      ms: z.number().positive(),
      builtInMs: z.number().positive(),
    }),
  ),
  medianDeviation: z.number().nonnegative(),
  largestDeviation: z.number().nonnegative(),
  worst: Sample,
  model: CostModel,
  samples: z.array(Sample),
});

test('a calibration is stored, and used afterwards', THOROUGH, () => {
  const { status, stdout, stderr } = shoal(['calibrate', '--json'], { env, timeout: 110_000 });
  expect([status, stderr]).toEqual([0, '']);
  const calibration = Calibration.parse(JSON.parse(stdout));
  expect(calibration.stored).toBe(file);
  expect(calibration.model).toEqual(loadCostModel(env));
  expect(readFileSync(file, 'utf8')).toBe(costModelToText(calibration.model));
  expect(new Set(calibration.samples.map(({ degree }) => degree))).toEqual(
    new Set([4096, 8192, 16384]),
  );
  expect(calibration.samples).toContainEqual(calibration.worst);
  expect(calibration.medianDeviation).toBeLessThanOrEqual(calibration.largestDeviation);
});

describe('--reset', () => {
  test('removes the stored model', () => {
    store(costModelToText(unitCost));
    const { status, stdout, stderr } = shoal(['calibrate', '--reset'], { env });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe('the built-in cost model is in use\n');
    expect(existsSync(file)).toBe(false);
  });

  test('is no error if nothing is stored', () => {
    const { status, stdout } = shoal(['calibrate', '--reset', '--json'], { env });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ removed: file });
    expect(existsSync(env.XDG_CONFIG_HOME)).toBe(false);
  });

  test('excludes --full, because it measures nothing', async () => {
    const { status, stderr } = await shoalHere(['calibrate', '--reset', '--full']);
    expect(status).toBe(2);
    expect(stderr).toContain("option '--reset' cannot be used with option '--full'");
  });

  test('a directory in place of the file is reported, with status 3', () => {
    mkdirSync(file, { recursive: true });
    const { status, stdout } = shoal(['calibrate', '--reset', '--json'], { env });
    expect(status).toBe(3);
    expect(Errors.parse(JSON.parse(stdout)).errors[0]).toMatchObject({ code: 'cannot-write' });
  });
});

describe('where the model is stored', () => {
  test('under XDG_CONFIG_HOME, if that is an absolute path', () => {
    expect(costModelFile({ XDG_CONFIG_HOME: '/a/b' })).toBe('/a/b/shoal/cost-model.json');
    const standard = join(homedir(), '.config/shoal/cost-model.json');
    expect(costModelFile({})).toBe(standard);
    expect(costModelFile({ XDG_CONFIG_HOME: '' })).toBe(standard);
    expect(costModelFile({ XDG_CONFIG_HOME: 'relative' })).toBe(standard);
  });
});

describe('what is loaded', () => {
  test('the built-in model if none is stored', () => {
    expect(loadCostModel(env)).toBe(BUILT_IN_COST);
  });

  test('the stored model', () => {
    store(costModelToText(unitCost));
    expect(loadCostModel(env)).toEqual(unitCost);
  });

  test.each([
    ['cut off', costModelToText(unitCost).slice(0, 100), 'is damaged'],
    ['empty', '', 'is damaged'],
    ['something else', '[1, 2]', 'is not a cost model of this version'],
    ['of another version', JSON.stringify({ ...unitCost, version: 0 }), 'not a cost model of this'],
  ])('a file that is %s is refused, with advice', (_, text, what) => {
    store(text);
    let refused: unknown;
    try {
      loadCostModel(env);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(ShoalError);
    const { code, message, location } = refused as ShoalError;
    expect([code, location?.file]).toEqual(['bad-cost-model', file]);
    expect(message).toContain(what);
    expect(message).toContain("'shoal calibrate'");
    expect(message).toContain("'shoal calibrate --reset'");
  });
});
