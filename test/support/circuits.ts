import { buildCircuit } from '../../src/build/build.ts';
import { check } from '../../src/check/check.ts';
import type { Circuit } from '../../src/ir/graph.ts';
import type { Pass, PassContext } from '../../src/passes/pass.ts';
import { RESTRUCTURE, runPasses, STAGES } from '../../src/passes/stages.ts';
import { unroll } from '../../src/passes/unroll.ts';
import type { Diagnostic } from '../../src/syntax/diagnostic.ts';

/** The graph of a text, loops kept. */
export function build(text: string): Circuit {
  return buildCircuit(check({ file: 'test.circ', text }));
}

/** The graph of a text as written, loops unrolled. */
export function straight(text: string): Circuit {
  return runPasses(build(text), [unroll], quietContext()).circuit;
}

/** The graph of a text after the passes, loops unrolled first. */
export function optimize(text: string, ...passes: readonly Pass[]): Circuit {
  return runPasses(
    build(text),
    passes.includes(unroll) ? passes : [unroll, ...passes],
    quietContext(),
  ).circuit;
}

export function quietContext(warnings: Omit<Diagnostic, 'severity'>[] = []): PassContext {
  return { scaledUploads: true, warn: (warning) => warnings.push(warning) };
}

/** All passes that an optimization level runs, in order; of the highest level the usual recipe. */
export function passesUpTo(level: 0 | 1 | 2 | 3): readonly Pass[] {
  const below = ([0, 1, 2] as const).filter((l) => l <= level).flatMap((l) => STAGES[l]);
  const { shape, meet } = RESTRUCTURE;
  return level === 3 ? [...below, ...shape, ...meet] : below;
}
