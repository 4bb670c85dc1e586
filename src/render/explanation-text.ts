import type { PassFacts, PassRecord } from '../passes/run-passes.ts';
import type {
  ExplainedForm,
  ExplainedStep,
  ExplanationJson,
  Hold,
  PathLocation,
} from '../report/explanation.ts';
import type { IterationRange } from '../report/path-rows.ts';
import { showCount } from '../report/show-values.ts';
import { type Colors, colorsOf, cut, wrap } from './text-layout.ts';
import { table } from './text-table.ts';

/** Columns of a terminal. */
const WIDTH = 80;
/** Steps of a path that are shown: of longer ones the first and the last. */
const MOST_FIRST = 12;
const MOST_LAST = 4;
/** Characters of an expression where its reason follows. */
const LONGEST_HEAD = 36;

/** The explanation for a terminal: both critical paths, what holds the optimized one, the passes. */
export function renderExplanation(explanation: ExplanationJson, color: boolean): string {
  const { source, optimized } = explanation;
  const c = colorsOf(color);
  return [
    c.bold(explanation.circuit),
    '',
    renderHead(explanation, color),
    '',
    c.bold(`critical path as written, to ${showEnd(source)}`),
    renderPath(source, color),
    '',
    c.bold(`critical path optimized, to ${showEnd(optimized)}`),
    renderPath(optimized, color),
    '',
    `${c.bold('what holds it there')} (= at its bound, > above it)`,
    ...renderHolds(explanation, c),
    '',
    c.bold('what the passes took away, and what that costs'),
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

/** Each of a list's entries, or the first and last ones with one gap between. */
function abridge<A, B>(list: readonly A[], f: (entry: A) => B): readonly (B | undefined)[] {
  if (list.length <= MOST_FIRST + MOST_LAST) return list.map(f);
  return [...list.slice(0, MOST_FIRST).map(f), undefined, ...list.slice(-MOST_LAST).map(f)];
}

function locationOf({ line, column }: PathLocation): string {
  return line === undefined ? '' : `${line}:${column}`;
}

function showIterations({ iterations, inTurn }: ExplainedStep): string {
  if (!iterations) return '';
  return showRange(iterations) + (inTurn ? ', in turn' : '');
}

/** `0–11`, or `3 of 0–9` where some of them are not on the path. */
function showRange({ first, last, count }: IterationRange): string {
  const [from, to] = [first.join(','), last.join(',')];
  if (count === 1) return from;
  const outer = first.slice(0, -1).join();
  const isWhole =
    outer === last.slice(0, -1).join() && (last.at(-1) ?? 0) - (first.at(-1) ?? 0) + 1 === count;
  return isWhole ? `${from}–${last.at(-1)}` : `${count} of ${from}–${to}`;
}

function renderHolds(
  { holds, gain, output, optimized }: ExplanationJson,
  c: Colors,
): readonly string[] {
  const rows = abridge(holds, (hold) => renderHold(hold, c));
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
    return `the degree of output ${name} is not known: terms cancel further than was followed`;
  }
  const total = degree === null ? 'a degree beyond float64' : `total degree ${degree}`;
  const holds = depth <= bound ? 'which it has' : `here the depth is ${depth}`;
  return `output ${name} has ${total} in the ciphertexts and needs depth ${bound}, ${holds}`;
}

function renderHold(hold: Hold, c: Colors): string {
  const mark = hold.optimal === true ? c.green('=') : hold.optimal === false ? c.yellow('>') : ' ';
  const range = hold.iterations ? ` (${c.dim(iterationsIn(hold.iterations))})` : '';
  const head = `${mark} ${locationOf(hold)}  ${cut(hold.text, LONGEST_HEAD)}${range}`;
  return `${head}\n${wrap(hold.reason, WIDTH - 1, '    ')}`;
}

function iterationsIn(range: IterationRange): string {
  return range.count === 1 ? `iteration ${showRange(range)}` : `iterations ${showRange(range)}`;
}

function showGain(gain: Hold | null, holds: readonly Hold[]): string {
  if (gain) {
    const where = gain.iterations ? `, ${iterationsIn(gain.iterations)}` : '';
    const place = `${locationOf(gain)} \`${cut(gain.text, LONGEST_HEAD)}\`${where}`;
    return `there may be something to gain first at ${place}: ${gain.reason}`;
  }
  return holds.some(({ optimal }) => optimal === null)
    ? 'no step is known to be above its bound'
    : 'every step is at its bound: there is nothing to gain on this path';
}

function renderPasses(explanation: ExplanationJson, color: boolean): readonly string[] {
  const { passes, stopped, source, optimized } = explanation;
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
  lines.push(...packingNotes(first, last, source, optimized));
  for (const pass of passes) {
    if (pass.stopped)
      lines.push(c.yellow(wrap(`'${pass.name}' stopped early: ${pass.stopped}`, WIDTH - 1)));
  }
  if (stopped !== null) lines.push(`the search ended: ${stopped}`);
  return lines;
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

/** Passes see no masks and take for granted that inputs are uploaded scaled; plans as written do not. */
function packingNotes(
  first: PassRecord | undefined,
  last: PassRecord | undefined,
  source: ExplainedForm,
  optimized: ExplainedForm,
): readonly string[] {
  const extra = [
    { form: 'as written', levels: extraLevels(source.levels, first?.before.level) },
    { form: 'optimized', levels: extraLevels(optimized.levels, last?.after.level) },
  ].filter(({ levels }) => levels > 0);
  return extra.map(({ form, levels }) =>
    wrap(
      `${showCount(levels, 'level')} more, ${form}, than passes count: masks, and factors that the client does not upload`,
      WIDTH - 1,
    ),
  );
}

/** Levels that a form has beyond those that passes count; none where its scheme has no levels. */
function extraLevels(levels: number | null, counted = levels): number {
  return levels === null || counted === null ? 0 : levels - counted;
}
