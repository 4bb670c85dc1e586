import type { CheckedProgram } from '../check/check-program.ts';
import { DEFAULT_RANGE } from '../compile/form.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';

/** A warning for each real input whose range nothing tells: data outside the assumed one will be refused. */
export function assumedRanges(
  { program, inputs, scheme }: CheckedProgram,
  known: ReadonlySet<string>,
): readonly Diagnostic[] {
  if (SCHEMES[scheme.name].isExact) return [];
  const untold = new Set(
    inputs.filter(({ name, range }) => !range && !known.has(name)).map(({ name }) => name),
  );
  const [low, high] = DEFAULT_RANGE;
  return program.items.flatMap((item): readonly Diagnostic[] => {
    if (item.kind !== 'input' || !untold.has(item.name.name)) return [];
    const { name, span } = item.name;
    const message = `input '${name}' has no range; [${low}, ${high}] is assumed`;
    const help = `declare one: input ${name}: … within [${low}, ${high}];`;
    return [{ severity: 'warning', code: 'assumed-range', message, span, help }];
  });
}
