import type { CheckedProgram } from '../check/check-program.ts';
import { DEFAULT_RANGE } from '../compile/form.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';

/**
 * Returns a warning for each CKKS input without a known range. The default range is assumed, and
 * data outside it will be refused.
 *
 * @param known names of inputs whose ranges are known from data
 */
export function assumedRanges(
  { linked, inputs, scheme }: CheckedProgram,
  known: ReadonlySet<string>,
): readonly Diagnostic[] {
  if (SCHEMES[scheme.name].isExact) return [];
  const assumed = new Set(
    inputs.filter(({ name, range }) => !range && !known.has(name)).map(({ name }) => name),
  );
  const [low, high] = DEFAULT_RANGE;
  return linked.main.program.items.flatMap((item): readonly Diagnostic[] => {
    if (item.kind !== 'input' || !assumed.has(item.name.name)) return [];
    const { name, span } = item.name;
    const message = `input '${name}' has no range; [${low}, ${high}] is assumed`;
    const help = `declare one: input ${name}: … within [${low}, ${high}];`;
    return [{ severity: 'warning', code: 'assumed-range', message, span, help }];
  });
}
