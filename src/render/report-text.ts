import type { Candidate } from '../compile/candidate.ts';
import { showBytes } from '../memory/show-bytes.ts';
import type { PassRecord } from '../passes/run-passes.ts';
import type { Measures } from '../plan/measures.ts';
import { leastBudget } from '../plan/outputs.ts';
import type { Plan } from '../plan/plan.ts';
import { type Findings, noiseBudgets, predictedError } from '../report/circuit-report.ts';
import { type RotationUse, rotationsOf } from '../report/rotation-uses.ts';
import { searchAccount } from '../report/search-account.ts';
import { showCount, showNumber, showTime } from '../report/show-values.ts';
import { valueRanges } from '../report/value-ranges.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { renderRanges } from './ranges-text.ts';
import { renderSearch } from './search-text.ts';
import { bar, type Colors, colorsOf, wrap } from './text-layout.ts';
import { table } from './text-table.ts';

/** Number of columns of a terminal. */
const WIDTH = 80;
/** Length of the longest bar, in characters. */
const BAR_WIDTH = 20;
/** Limit on the depths that are drawn, from depth 1 on. */
const MOST_BARS = 16;

/** Renders a report: both forms side by side, bars of their multiplications, the passes. */
export function renderReport(findings: Findings, color: boolean): string {
  const { sketch } = findings.compilation.optimized;
  const c = colorsOf(color);
  const hasNoSlots = 'encoding' in sketch && sketch.encoding === 'coefficients';
  const slots = hasNoSlots ? 'one number per ciphertext' : showCount(sketch.slots, 'slot');
  const packing = `${sketch.scheme}, ${slots}`;
  const batch = sketch.batchable ? ', many instances per ciphertext' : '';
  return [
    `${c.bold(sketch.circuit)}  ${c.dim(`${packing}${batch}`)}`,
    '',
    sideBySide(findings, color),
    ...rotationsIn(findings),
    ...layoutsIn(findings),
    '',
    multiplications(findings, color),
    ...rangesOf(findings, color),
    ...refusals(findings, c),
    '',
    passTable(findings.compilation.passes, color),
    ...searchOf(findings),
    '',
  ].join('\n');
}

/** The text for a value that a form does not have. */
const UNKNOWN = '–';

type Row = readonly [label: string, show: (form: Candidate) => string];

const ROWS: readonly Row[] = [
  ['levels', (form) => `${form.measures.levels ?? UNKNOWN}`],
  ['width', (form) => `${form.measures.width}`],
  ['multiplications', (form) => `${form.measures.ops.mul}`],
  ['by plaintexts', (form) => `${form.measures.ops.mulPlain}`],
  ['additions', ({ measures }) => `${measures.ops.add + measures.ops.addPlain}`],
  ['rotations', (form) => `${form.measures.ops.rotate}`],
  ['relinearizations', (form) => `${form.measures.ops.relinearize}`],
  ['rescalings', (form) => `${form.measures.ops.rescale}`],
  ['lowerings', (form) => `${form.measures.ops.lower}`],
  ['uploads', (form) => `${form.sketch.ops.filter((op) => op.op === 'upload').length}`],
  ['ring degree N', ({ plan }) => `${plan?.params.polyModulusDegree ?? 'none fits'}`],
  ['modulus bits', ({ plan }) => modulusOf(plan)],
  ['scale bits', ({ plan }) => scaleBitsOf(plan)],
  [
    'plain modulus t',
    ({ sketch }) => ('plainModulus' in sketch ? `${sketch.plainModulus}` : UNKNOWN),
  ],
  ['security bits', ({ plan }) => `${plan?.params.securityBits ?? UNKNOWN}`],
  ['predicted time', ({ ms }) => (ms === undefined ? UNKNOWN : showTime(ms))],
  ['predicted memory', ({ memory }) => (memory === undefined ? UNKNOWN : showBytes(memory))],
  ['predicted error', ({ plan }) => errorOf(plan)],
  ['noise budget left', ({ plan }) => budgetOf(plan)],
];

function sideBySide({ compilation }: Findings, color: boolean): string {
  const { source, optimized } = compilation;
  const c = colorsOf(color);
  const depth = `${optimized.measures.depth}`;
  const atBound = optimized.measures.depth <= compilation.bound;
  const bound = c.dim(atBound ? 'no circuit is shallower' : `at least ${compilation.bound}`);
  const body = ROWS.flatMap(([label, show]) => {
    const [before, after] = [show(source), show(optimized)];
    if (before === UNKNOWN && after === UNKNOWN) return [];
    return [[label, before, before === after ? after : c.bold(after), '']];
  });
  return table([['depth', `${source.measures.depth}`, c.bold(depth), bound], ...body], {
    head: ['', 'source', 'optimized', ''],
    align: ['left', 'right', 'right', 'left'],
    color,
  });
}

/** Returns the bits of the modulus. */
function modulusOf(plan: Plan | undefined): string {
  if (!plan) return UNKNOWN;
  return `${plan.params.coeffModulusBits.reduce((sum, bits) => sum + bits, 0)}`;
}

/** Returns the largest error bound; CKKS only. */
function errorOf(plan: Plan | undefined): string {
  return plan && !SCHEMES[plan.scheme].isExact ? showNumber(predictedError(plan)) : UNKNOWN;
}

function scaleBitsOf(plan: Plan | undefined): string {
  return plan && 'scaleBits' in plan.params ? `${plan.params.scaleBits}` : UNKNOWN;
}

/** Returns the smallest noise budget of all outputs, in bits. */
function budgetOf(plan: Plan | undefined): string {
  const budgets = plan && noiseBudgets(plan);
  if (!budgets) return UNKNOWN;
  const least = leastBudget(Object.values(budgets));
  return least === null ? UNKNOWN : showCount(least, 'bit');
}

/** Draws the number of multiplications at each depth as bars. */
function multiplications({ compilation }: Findings, color: boolean): string {
  const { source, optimized } = compilation;
  const c = colorsOf(color);
  const [before, after] = [source.measures, optimized.measures];
  const most = Math.max(before.width, after.width);
  const depths = Math.max(before.depth, after.depth);
  if (depths === 0) return c.dim('no ciphertext multiplications');
  const cell = (measures: Measures, i: number) => {
    const count = measures.mulsByDepth[i];
    return count === undefined ? '' : `${bar(count / most, BAR_WIDTH)} ${count}`;
  };
  const body = Array.from({ length: Math.min(depths, MOST_BARS) }, (_, i) => [
    `${i + 1}`,
    cell(before, i),
    c.green(cell(after, i)),
  ]);
  const more = depths > MOST_BARS ? [['…', '', '']] : [];
  return table([...body, ...more], {
    head: ['depth', 'multiplications: source', 'optimized'],
    align: ['right', 'left', 'left'],
    color,
  });
}

/** Returns the rotation offsets of the optimized form; each needs a key. */
function rotationsIn({ compilation }: Findings): readonly string[] {
  const uses = rotationsOf(compilation.optimized.sketch.ops);
  return uses.length > 0 ? ['', wrap(`rotation offsets: ${showRotations(uses)}`, WIDTH - 1)] : [];
}

/** Returns the layouts that the user chose. */
function layoutsIn({ compilation }: Findings): readonly string[] {
  const { layouts } = compilation.optimized;
  const texts = layouts.map(
    ({ name, layout, tensors }) => `${name}=${layout} (${showCount(tensors, 'tensor')})`,
  );
  return texts.length > 0 ? ['', wrap(`fixed layouts: ${texts.join(', ')}`, WIDTH - 1)] : [];
}

function rangesOf({ compilation }: Findings, color: boolean): readonly string[] {
  const ranges = valueRanges(compilation.optimized, compilation.checked.source);
  return ranges ? ['', renderRanges(ranges, color)] : [];
}

function refusals({ compilation }: Findings, c: Colors): readonly string[] {
  const { source, optimized } = compilation;
  const lines: string[] = [];
  for (const [label, { choice }] of [
    ['source', source],
    ['optimized', optimized],
  ] as const) {
    if ('refused' in choice) {
      lines.push(c.yellow(`no parameters fit the ${label} form:`), `  ${choice.refused.reason}`);
    }
  }
  return lines.length > 0 ? ['', ...lines] : [];
}

function passTable(passes: readonly PassRecord[], color: boolean): string {
  const c = colorsOf(color);
  const changed = passes.filter(isChange);
  const total = passes.reduce((sum, { ms }) => sum + ms, 0);
  if (changed.length === 0) return c.dim(`no pass changed anything (${showTime(total)})`);
  const arrow = (a: number, b: number) => (a === b ? `${b}` : `${a} → ${b}`);
  const body = changed.map(({ name, before, after, ms, stopped }) => [
    name,
    arrow(before.depth, after.depth),
    arrow(before.muls, after.muls),
    arrow(before.nodes, after.nodes),
    showTime(ms),
    stopped ? c.yellow(stopped) : '',
  ]);
  return table(body, {
    head: ['pass', 'depth', 'mul', 'nodes', 'time', ''],
    align: ['left', 'right', 'right', 'right', 'right', 'left'],
    color,
  });
}

function searchOf({ compilation }: Findings): readonly string[] {
  const account = searchAccount(compilation);
  return account ? renderSearch(account, compilation.stopped) : [];
}

function isChange({ before, after, stopped }: PassRecord): boolean {
  return (
    before.depth !== after.depth ||
    before.muls !== after.muls ||
    before.nodes !== after.nodes ||
    stopped !== undefined
  );
}

/** Returns rotation offsets as `1, 2 (3 times), 4; up to level 5`. */
export function showRotations(uses: readonly RotationUse[]): string {
  const steps = uses.map(({ steps, count }) => (count > 1 ? `${steps} (${count} times)` : steps));
  const highest = uses.reduce((most, { highestLevel }) => Math.max(most, highestLevel), 0);
  return `${steps.join(', ')}; up to level ${highest}`;
}
