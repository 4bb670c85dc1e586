import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ShoalError } from '../../index.ts';
import type { PreparedData } from './prepare.ts';
import { failureReason } from './run-outcome.ts';
import { flatten, toNpy } from './write-npy.ts';

/**
 * Writes the inputs of the circuits, and the labels of the test rows, each to its own file.
 *
 * @param stacked whether Z has an axis for the batches
 * @returns descriptions of the files, by file name
 * @throws ShoalError when the directory cannot be written to
 */
export function writeDataFiles(
  directory: string,
  prepared: PreparedData,
  { stacked }: { readonly stacked: boolean },
): Readonly<Record<string, string>> {
  const { test, width } = prepared;
  const { shape, data } = batchTensor(prepared, stacked);
  const zeros = Array<number>(width).fill(0);
  const contents: Readonly<
    Record<string, readonly [content: string | Uint8Array, description: string]>
  > = {
    'Z.npy': [toNpy(data, shape), `rows label * (1, features), ${shape.join(' × ')}`],
    'w0.json': [`${JSON.stringify(zeros)}\n`, 'initial weights, all zero'],
    'X.npy': [
      toNpy(flatten(test.features), [test.features.length, width]),
      `test rows (1, features), ${test.features.length} × ${width}`,
    ],
    'labels.json': [`${JSON.stringify(test.labels)}\n`, 'labels of the test rows'],
  };
  try {
    mkdirSync(directory, { recursive: true });
    for (const [name, [content]] of Object.entries(contents))
      writeFileSync(join(directory, name), content);
  } catch (error) {
    throw new ShoalError('usage', `cannot write to ${directory}: ${failureReason(error)}`);
  }
  return Object.fromEntries(
    Object.entries(contents).map(([name, [, description]]) => [name, description]),
  );
}

/**
 * Returns all batches as the circuits' input Z.
 *
 * @param stacked whether Z has an axis for the batches
 */
export function batchTensor({ batches, width }: PreparedData, stacked: boolean) {
  const [count, samples = 0] = [batches.length, batches[0]?.length];
  const shape = stacked ? [count, samples, width] : [count * samples, width];
  return { shape, data: flatten(batches.flat()) };
}
