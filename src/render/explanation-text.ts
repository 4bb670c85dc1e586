import type { PassFacts, PassRecord } from '../passes/run-passes.ts';
import type {
  ExplainedForm,
  ExplainedReason,
  ExplainedStep,
  ExplanationJson,
  PathLocation,
} from '../report/explanation.ts';
import type { IterationRange } from '../report/path-rows.ts';
import { showCount } from '../report/show-values.ts';
import { renderSearch } from './search-text.ts';
import { type Colors, colorsOf, cut, wrap } from './text-layout.ts';
import { table } from './text-table.ts';

/** Number of columns of a terminal. */
const WIDTH = 80;
/** Limit on the first rows of a path that are shown. */
const MOST_FIRST = 12;
/** Limit on the last rows of a longer path that are shown. */
const MOST_LAST = 4;
/** Limit on the characters of an expression before its reason. */
const LONGEST_HEAD = 36;

/** Renders an explanation: both critical paths, the reasons for the optimized one, the passes. */
export function renderExplanation(explanation: ExplanationJson, color: boolean): string {
  const { source, optimized } = explanation;
  const c = colorsOf(color);
  return [
    c.bold(explanation.circuit),
    '',
    renderHead(explanation, color),
    '',
    c.bold(`critical path of the source form, to ${showEnd(source)}`),
    renderPath(source, color),
    '',
    c.bold(`critical path of the optimized form, to ${showEnd(optimized)}`),
    renderPath(optimized, color),
    '',
    `${c.bold('why it is not shorter')} (= at its bound, > above it)`,
    ...renderReasons(explanation, c),
    '',
    `${c.bold('what each pass changed')} (− saved, + added)`,
    ...renderPasses(explanation, color),
    '',
  ].join('\n');
}

function renderHead({ source, optimized, bound, boundMet }: ExplanationJson, color: boolean) {
  const c = colorsOf(color);
  const met = boundMet ? 'no circuit is shallower' : 'not met';
  const rows = [
    ['depth', `${source.depth}`, c.bold(`${optimized.depth}`), c.dim(`bound ${bound}: ${met}`)],
    ...(optimized.levels === null
      ? []
      : [['levels', `${source.levels}`, c.bold(`${optimized.levels}`), '']]),
  ];
  const align = ['left', 'right', 'right', 'left'] as const;
  return table(rows, { head: ['', 'source', 'optimized', ''], align, color });
}

function showEnd({ output }: ExplainedForm): string {
  return output ?? 'a value that no output needs';
}

function renderPath({ path, depth }: ExplainedForm, color: boolean): string {
  if (path.length === 0) return 'nothing takes a level';
  const rows = abridge(path, (step) => ({
    text: step.text,
    cells: [
      locationOf(step),
      showIterations(step),
      `${step.multiplications}`,
      `${step.levels}`,
      `${step.after.depth}`,
      `${step.after.level}`,
    ],
  }));
  const ellipsis = {
    text: `… ${path.length - MOST_FIRST - MOST_LAST} more`,
    cells: ['', '', '', '', '', ''],
  };
  const shown = rows.map((row) => row ?? ellipsis);
  const head = ['at', 'iterations', 'mul', 'levels', 'to depth', 'to level'];
  const widths = head.map((title, i) =>
    shown.reduce((most, { cells }) => Math.max(most, cells[i]?.length ?? 0), title.length),
  );
  const rest = WIDTH - widths.reduce((sum, w) => sum + w + 2, 0) - 1;
  const body = shown.map(({ text, cells: [at = '', ...others] }) => [
    at,
    cut(text, rest),
    ...others,
  ]);
  const made = table(body, {
    head: ['at', 'expression', ...head.slice(1)],
    align: ['left', 'left', 'left', 'right', 'right', 'right', 'right'],
    color,
  });
  const end = path.at(-1)?.after.depth ?? 0;
  return end < depth ? `${made}\nanother path has depth ${depth}, and no more levels` : made;
}

/** Maps all entries of a short list; of a long one the first and last, with a gap between them. */
function abridge<A, B>(list: readonly A[], f: (entry: A) => B): readonly (B | undefined)[] {
  if (list.length <= MOST_FIRST + MOST_LAST) return list.map(f);
  return [...list.slice(0, MOST_FIRST).map(f), undefined, ...list.slice(-MOST_LAST).map(f)];
}

function locationOf({ file, line, column }: PathLocation): string {
  if (line === undefined) return '';
  return file === undefined ? `${line}:${column}` : `${file}:${line}:${column}`;
}

function showIterations({ iterations, inTurn }: ExplainedStep): string {
  if (!iterations) return '';
  return showRange(iterations) + (inTurn ? ', alternating' : '');
}

/** Returns `0–11`, or `3 of 0–9` if some of them are not on the path. */
function showRange({ first, last, count }: IterationRange): string {
  const [from, to] = [first.join(','), last.join(',')];
  if (count === 1) return from;
  const outer = first.slice(0, -1).join();
  const isWhole =
    outer === last.slice(0, -1).join() && (last.at(-1) ?? 0) - (first.at(-1) ?? 0) + 1 === count;
  return isWhole ? `${from}–${last.at(-1)}` : `${count} of ${from}–${to}`;
}

function renderReasons(
  { holds, gain, output, optimized }: ExplanationJson,
  c: Colors,
): readonly string[] {
  const rows = abridge(holds, (reason) => renderReason(reason, c));
  const ellipsis = `  … ${holds.length - MOST_FIRST - MOST_LAST} more`;
  return [
    wrap(showOutput(output, optimized), WIDTH - 1),
    ...rows.map((row) => row ?? ellipsis),
    wrap(showGain(gain, holds), WIDTH - 1),
  ];
}

function showOutput(output: ExplanationJson['output'], { depth }: ExplainedForm): string {
  if (!output) return 'no output needs the latest value: optimization removes it';
  const { name, degree, bound } = output;
  if (bound === null) {
    return `the degree of output ${name} is unknown: too many terms cancel`;
  }
  const total = degree === null ? 'a degree beyond float64' : `total degree ${degree}`;
  const actual = depth <= bound ? 'which is met' : `but the depth is ${depth}`;
  return `output ${name} has ${total} in the cipher inputs and needs depth ${bound}, ${actual}`;
}

function renderReason(row: ExplainedReason, c: Colors): string {
  const mark = row.optimal === true ? c.green('=') : row.optimal === false ? c.yellow('>') : ' ';
  const range = row.iterations ? ` (${c.dim(iterationsIn(row.iterations))})` : '';
  const head = `${mark} ${locationOf(row)}  ${cut(row.text, LONGEST_HEAD)}${range}`;
  return `${head}\n${wrap(row.reason, WIDTH - 1, '    ')}`;
}

function iterationsIn(range: IterationRange): string {
  return range.count === 1 ? `iteration ${showRange(range)}` : `iterations ${showRange(range)}`;
}

function showGain(gain: ExplainedReason | null, holds: readonly ExplainedReason[]): string {
  if (gain) {
    const where = gain.iterations ? `, ${iterationsIn(gain.iterations)}` : '';
    const step = `${locationOf(gain)} \`${cut(gain.text, LONGEST_HEAD)}\`${where}`;
    return `the first step above its bound, which may be improved, is ${step}: ${gain.reason}`;
  }
  return holds.some(({ optimal }) => optimal === null)
    ? 'no step is known to be above its bound'
    : 'every step is at its bound: nothing can be gained on this path';
}

function renderPasses(explanation: ExplanationJson, color: boolean): readonly string[] {
  const { passes, search, stopped, source, optimized } = explanation;
  const c = colorsOf(color);
  const [first, last] = [passes[0], passes.at(-1)];
  const changing = passes.filter(({ before, after }) =>
    changesOf(before, after).some((x) => x !== 0),
  );
  const lines: string[] = [];
  if (first && last && changing.length > 0) {
    const total = [
      'total',
      ...changesOf(first.before, last.after).map((x) => c.bold(showChange(x))),
    ];
    lines.push(
      table([...changing.map(passRow), total], {
        head: ['pass', 'depth', 'levels', 'mul', 'width', 'operations'],
        align: ['left', 'right', 'right', 'right', 'right', 'right'],
        color,
      }),
    );
  } else lines.push('no pass changed anything');
  for (const note of packingNotes(first, last, source, optimized)) lines.push(note);
  for (const pass of passes) {
    if (pass.stopped)
      lines.push(c.yellow(wrap(`'${pass.name}' stopped early: ${pass.stopped}`, WIDTH - 1)));
  }
  return search ? [...lines, ...renderSearch(search, stopped)] : lines;
}

function passRow({ name, before, after }: PassRecord): readonly string[] {
  return [name, ...changesOf(before, after).map(showChange)];
}

function changesOf(before: PassFacts, after: PassFacts): readonly number[] {
  const facts = ['depth', 'level', 'muls', 'width', 'nodes'] as const;
  return facts.map((fact) => after[fact] - before[fact]);
}

function showChange(change: number): string {
  if (change === 0) return '·';
  return change < 0 ? `−${-change}` : `+${change}`;
}

/**
 * Returns notes on levels that passes do not count: they know no masks, and assume scaled uploads,
 * which the source form does not have.
 */
function packingNotes(
  first: PassRecord | undefined,
  last: PassRecord | undefined,
  source: ExplainedForm,
  optimized: ExplainedForm,
): readonly string[] {
  const extra = [
    { form: 'source', levels: extraLevels(source.levels, first?.before.level) },
    { form: 'optimized', levels: extraLevels(optimized.levels, last?.after.level) },
  ].filter(({ levels }) => levels > 0);
  return extra.map(({ form, levels }) =>
    wrap(
      `the ${form} form takes ${showCount(levels, 'more level')} than passes count, for masks and for factors that the client does not upload`,
      WIDTH - 1,
    ),
  );
}

/** Returns the levels of a form beyond those that passes count; 0 if its scheme has no levels. */
function extraLevels(levels: number | null, counted = levels): number {
  return levels === null || counted === null ? 0 : levels - counted;
}
