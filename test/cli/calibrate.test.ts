import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { chosenCostModel } from '../../src/cli/chosen-cost-model.ts';
import { BUILT_IN_COST } from '../../src/cost/built-in-cost.ts';
import { costModelToText } from '../../src/cost/stored-model.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import { modelOf, unitCost } from '../cost/cost-models.ts';
import { THOROUGH } from '../support/sampling.ts';
import { DOCUMENTS, Errors, Report } from './schemas.ts';
import { quartic, shoal, shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());
const circuit = space.file('quartic.circ', quartic);
const units = space.file('units.json', costModelToText(unitCost));

test('a calibration is written to a file that --cost-model takes', THOROUGH, async () => {
  const file = join(space.path, 'measured.json');
  const { status, stdout, stderr } = shoal(['calibrate', '--json', '-o', file], {
    timeout: 110_000,
  });
  expect([status, stderr]).toEqual([0, '']);
  const calibration = DOCUMENTS.calibrate.parse(JSON.parse(stdout));
  expect(calibration.stored).toBe(file);
  expect(calibration.model).toEqual(await chosenCostModel(file));
  expect(readFileSync(file, 'utf8')).toBe(costModelToText(calibration.model));
  expect(new Set(calibration.samples.map(({ degree }) => degree))).toEqual(
    new Set([4096, 8192, 16384]),
  );
  expect(calibration.samples).toContainEqual(calibration.worst);
  expect(calibration.medianDeviation).toBeLessThanOrEqual(calibration.largestDeviation);
});

describe('--cost-model', () => {
  test('names the model; without it, the built-in model is used', async () => {
    expect(await chosenCostModel(undefined)).toBe(BUILT_IN_COST);
    expect(await chosenCostModel(units)).toEqual(unitCost);
  });

  test.each([
    ['cut off', costModelToText(unitCost).slice(0, 100), 'is damaged'],
    ['empty', '', 'is damaged'],
    ['something else', '[1, 2]', 'is not a cost model of this version'],
    ['of another version', JSON.stringify({ ...unitCost, version: 0 }), 'not a cost model of this'],
  ])('a file that is %s is refused, with advice', async (_, text, what) => {
    const file = space.file('refused.json', text);
    let refused: unknown;
    try {
      await chosenCostModel(file);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(ShoalError);
    const { code, message, location } = refused as ShoalError;
    expect([code, location?.file]).toEqual(['bad-cost-model', file]);
    expect(message).toContain(what);
    expect(message).toContain("'shoal calibrate -o'");
    expect(message).toContain('leave out --cost-model');
  });

  const data = space.file('x.json', '{ "x": 1 }');
  const keyFile = space.file('no.keys', 'no keys');

  test.each([
    ['report', [circuit]],
    ['explain', [circuit]],
    ['explore', [circuit]],
    ['compile', [circuit]],
    ['eval', [circuit, '-i', data, '--backend', 'plain']],
    ['encrypt', ['plan.json', '--source', circuit, '--keys', keyFile, '-i', data, '-o', 'up']],
  ])('is read by every command that compiles: %s', async (command, args) => {
    const { stdout } = await shoalHere(['compile', circuit, '--quiet']);
    const plan = space.file('plan.json', stdout);
    const line = args.map((word) => (word === 'plan.json' ? plan : word));
    const options = ['--cost-model', space.file('refused.json', '[]'), '--json'];
    const { status, stdout: json } = await shoalHere([command, ...line, ...options]);
    expect([status, Errors.parse(JSON.parse(json)).errors[0]?.code]).toEqual([1, 'bad-cost-model']);
  });

  test('is read by evaluations of a plan, whose work it distributes', async () => {
    const { stdout } = await shoalHere(['compile', circuit, '--quiet']);
    const plan = space.file('plan.json', stdout);
    const options = ['--cost-model', space.file('refused.json', '[]'), '--json'];
    for (const args of [
      ['eval', plan, '-i', data, '--backend', 'plain'],
      ['eval', plan, '--keys', keyFile, '--in', keyFile, '-o', join(space.path, 'result')],
    ]) {
      const { status, stdout: json } = await shoalHere([...args, ...options]);
      expect([status, Errors.parse(JSON.parse(json)).errors[0]?.code]).toEqual([
        1,
        'bad-cost-model',
      ]);
    }
  });

  test('decides the predicted time', async () => {
    const predicted = async (model: string) => {
      const { stdout } = await shoalHere(['report', circuit, '--json', '--cost-model', model]);
      return Report.parse(JSON.parse(stdout)).predictedMs;
    };
    // Every term has one coefficient of 1 ns or several; with 2 ns each, all times are doubled.
    const doubled = space.file('doubled.json', costModelToText(modelOf(() => 2)));
    const ms = await predicted(units);
    expect(ms).toBeGreaterThan(0);
    expect(await predicted(doubled)).toBeCloseTo(2 * (ms ?? 0), 9);
  });
});
