import { distributeTo } from '../../src/backends/seal/distribution.ts';
import { evaluateShares } from '../../src/backends/seal/encrypted-evaluation.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { BUILT_IN_COST } from '../../src/cost/built-in-cost.ts';
import { keyNeeds, switchingKeyBytes } from '../../src/memory/key-needs.ts';
import { planMemory } from '../../src/memory/memory-budget.ts';
import type { CkksOp, CkksPlan } from '../../src/plan/plan.ts';
import { planWithSizes } from '../../src/schemes/ckks/choose-params.ts';
import { instance, largestFraction, sketchOf, vectorMap } from '../backends/plans.ts';
import { printTable, type Row, ratio } from './table.ts';

const LEVELS = 17;
const OFFSETS = 20;
const SLOTS = 64;

/**
 * Returns a plan with 17 levels of 40 bits, a square and 20 different rotations. At each level, it
 * averages rotations of a value.
 *
 * @param offsetsAt returns the rotation offsets of a level
 */
function averagingPlan(offsetsAt: (level: number) => readonly number[]): CkksPlan {
  const map = vectorMap(SLOTS);
  const ops: CkksOp[] = [{ op: 'upload', input: 'x', map, level: LEVELS }];
  const push = (op: CkksOp): number => ops.push(op) - 1;
  let value = 0;
  for (let level = LEVELS; level > 0; level--) {
    let sum = value;
    for (const steps of offsetsAt(level)) {
      const rotated = push({ op: 'rotate', args: [value], steps, level });
      sum = push({ op: 'add', args: [sum, rotated], level });
    }
    const share = push({ op: 'const', data: 1 / (1 + offsetsAt(level).length) });
    const product = push({ op: 'mulPlain', args: [sum, share], scale: 'level', level });
    value = push({ op: 'rescale', args: [product], level: level - 1 });
    if (level !== 2) continue;
    const square = push({ op: 'mul', args: [value, value], level: 1 });
    const short = push({ op: 'relinearize', args: [square], level: 1 });
    value = push({ op: 'rescale', args: [short], level: 0 });
    break;
  }
  const sketch = sketchOf({
    slots: SLOTS,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [SLOTS], range: [-1, 1] }],
    ops,
    outputs: [{ name: 'y', shape: [SLOTS], value, map }],
  });
  const layout = { degree: 32768, scaleBits: 40, baseBits: [57], levels: LEVELS, specialBits: 60 };
  return planWithSizes(sketch, layout, 20);
}

const offsets = Array.from({ length: OFFSETS }, (_, i) => 3 * i + 1);

const PLANS: readonly (readonly [name: string, plan: () => CkksPlan])[] = [
  ['at the top level', () => averagingPlan((level) => (level === LEVELS ? offsets : []))],
  [
    'at all levels',
    () => averagingPlan((level) => offsets.filter((_, i) => i % (LEVELS - 1) === LEVELS - level)),
  ],
];

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

/**
 * Measures keys that would not fit into WebAssembly at full size: 20 rotations at N = 32768 with 19
 * primes, on one worker and on two. Takes minutes. The heap of this thread never shrinks, so later
 * runs report a larger heap.
 */
export async function largeKeys(): Promise<void> {
  const rows: Row[] = [];
  for (const [name, make] of PLANS) {
    const plan = make();
    for (const workers of [1, 2]) rows.push([name, workers, ...(await measure(plan, workers))]);
  }
  printTable(
    '20 rotations and a relinearization, N = 32768, 17 levels of 40 bits',
    [
      'rotations',
      'workers',
      'full keys MiB',
      'stored MiB',
      'heaps MiB',
      'predicted / measured',
      'process MiB',
      'setup s',
      'keygen s',
      'evaluate s',
      'error / bound',
    ],
    rows,
  );
}

async function measure(plan: CkksPlan, workers: number): Promise<Row> {
  const { shares } = distributeTo(plan, BUILT_IN_COST, workers);
  const { prediction } = planMemory(plan, shares.length);
  const instances = [instance({ x: Array.from({ length: SLOTS }, (_, i) => Math.cos(i)) })];
  const evaluation = await evaluateShares(plan, shares, instances);
  const expected = await simulate(plan, instances);
  const { memory, timings } = evaluation;
  return [
    mib(keyNeeds(plan).size * switchingKeyBytes(plan.params, LEVELS)),
    mib(memory.keyBytes),
    mib(memory.heapBytes),
    ratio(shares.length * prediction.heap, memory.heapBytes),
    mib(memory.peakRssBytes),
    ...[timings.setup, timings.keygen, timings.evaluate].map((ms) => (ms / 1000).toFixed(1)),
    largestFraction(plan, evaluation, expected).toExponential(1),
  ];
}
