import { nested, type Verdict } from '../report/compare-circuits.ts';
import { showNumber } from '../report/show-values.ts';
import { showElement, type Tensor } from '../tensor/tensor.ts';
import type { Counterexample } from '../verify/counterexample.ts';
import { colorsOf } from './text-layout.ts';

/** Limit on the printed elements of an input. */
const MOST_ELEMENTS = 16;

/** Renders the result of comparing two circuits. */
export function renderVerdict(verdict: Verdict, color: boolean): string {
  const { files, equivalence, shape } = verdict;
  const c = colorsOf(color);
  if (equivalence.equal) {
    const { points, primes, errorProbability } = equivalence;
    const certainty =
      errorProbability < 1
        ? `error probability at most ${showNumber(errorProbability)}`
        : 'error probability unknown: the degrees may be too large for these primes';
    const where = `${points} random points modulo ${primes.join(' and ')}`;
    return `${c.green('the same polynomials')}: equal at ${where};\n${certainty}\n`;
  }
  const { reason, counterexample } = equivalence;
  const head = `${c.red('not the same')}: ${reason}\n`;
  return counterexample ? head + renderCounterexample(counterexample, shape, files) : head;
}

function renderCounterexample(
  { output, element, inputs, values }: Counterexample,
  shape: readonly number[],
  files: Verdict['files'],
): string {
  const at = [...inputs].map(([name, tensor]) => `  ${name} = ${show(tensor)}\n`);
  const value = `${output}${showElement(element, shape)}`;
  const given = values.map((x, i) => `  ${value} = ${x ?? 'not a float64'} in ${files[i]}\n`);
  const [x, y] = values;
  const note = x !== undefined && x === y ? 'which differ by less than float64 can show\n' : '';
  return `at\n${at.join('')}the circuits give\n${given.join('')}${note}`;
}

function show(tensor: Tensor<number>): string {
  if (tensor.data.length <= MOST_ELEMENTS) return JSON.stringify(nested(tensor));
  const shown = tensor.data.slice(0, MOST_ELEMENTS).join(', ');
  return `[${shown}, … ${tensor.data.length - MOST_ELEMENTS} more] (row-major)`;
}
