import { buildCircuit } from '../../src/build/build-circuit.ts';
import { check } from '../../src/check/check-program.ts';
import type { Circuit } from '../../src/ir/graph.ts';
import { Residues } from '../../src/ir/residues-at-point.ts';
import { Magnitudes } from '../../src/ir/sampled-magnitudes.ts';
import type { Pass } from '../../src/passes/pass.ts';
import type { PassContext } from '../../src/passes/pass-context.ts';
import { ADDED_PASSES, RESTRUCTURE } from '../../src/passes/pass-list.ts';
import { runPasses } from '../../src/passes/run-passes.ts';
import type { Diagnostic } from '../../src/syntax/diagnostic.ts';

/** Returns the circuit of a text as written, in blocks of `block` iterations if that is given. */
export function build(text: string, block?: number): Circuit {
  return buildCircuit(check({ file: 'test.circ', text }), block);
}

/** Returns the circuit of a text after some passes. */
export function optimize(text: string, ...passes: readonly Pass[]): Circuit {
  return runPasses(build(text), passes, quietContext()).circuit;
}

/** Returns a context for passes that collects warnings instead of printing them. */
export function quietContext(warnings: Omit<Diagnostic, 'severity'>[] = []): PassContext {
  return {
    scaledUploads: true,
    magnitudes: new Magnitudes(),
    residues: new Residues(),
    warn: (warning) => warnings.push(warning),
  };
}

/** Returns the passes of an optimization level in order; for -O3, those of the default recipe. */
export function passesUpTo(level: 0 | 1 | 2 | 3): readonly Pass[] {
  const below = ([1, 2] as const).filter((l) => l <= level).flatMap((l) => ADDED_PASSES[l]);
  const { prepare, meetGoal } = RESTRUCTURE;
  return level === 3 ? [...below, ...prepare, ...meetGoal] : below;
}
