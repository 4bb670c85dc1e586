import type { Compilation } from '../compile/compile.ts';
import type { Circuit } from '../ir/graph.ts';
import { printCircuit } from '../ir/print-circuit.ts';
import { largestOf } from '../lookup.ts';
import { PASSES } from '../passes/pass-list.ts';

/** The value of `--print-after` that prints the source form and the circuit after every pass. */
export const EVERY_PASS = 'all';

/** Returns the passes with their summaries for help, in lines of at most 79 characters. */
export function passesHelp(): string {
  const width = largestOf(PASSES.map(({ name }) => name.length));
  const lines = PASSES.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Passes (--passes):\n${lines.join('\n')}\n`;
}

/**
 * Renders the circuits that led to the chosen one, each below a line with the pass and its number.
 * A circuit that equals the previous one is not repeated.
 *
 * @param compilations the compilation of each stage, with `keepCircuits`
 * @param names names of passes, or {@link EVERY_PASS}; a line names each pass that did not run
 */
export function renderCircuitsAfter(
  compilations: readonly Compilation[],
  names: readonly string[],
): string {
  const texts = compilations.map((compilation) => renderOne(compilation, names));
  if (texts.length === 1) return texts.join('');
  return texts.map((text, i) => `stage ${i + 1} of ${texts.length}\n\n${text}`).join('\n');
}

function renderOne({ source, snapshots }: Compilation, names: readonly string[]): string {
  const isEvery = names.includes(EVERY_PASS);
  let last: string | undefined;
  const shown = (heading: string, circuit: Circuit) => {
    const text = printCircuit(circuit);
    const isSame = text === last;
    last = text;
    return isSame ? `${heading}: the same circuit\n` : `${heading}\n${text}`;
  };
  const written = isEvery ? [shown('as written', source.circuit)] : [];
  const after = snapshots.flatMap(({ pass, circuit }, i) =>
    isEvery || names.includes(pass)
      ? [shown(`after ${pass}, pass ${i + 1} of ${snapshots.length}`, circuit)]
      : [],
  );
  const idle = [...new Set(names)]
    .filter((name) => name !== EVERY_PASS && !snapshots.some(({ pass }) => pass === name))
    .map((name) => `pass '${name}' did not run\n`);
  return [...written, ...after, ...idle].join('\n');
}
