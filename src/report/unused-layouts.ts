import type { Form } from '../compile/form.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';

/** Returns a warning for each fixed layout that no tensor of a form has. */
export function unusedLayouts({ layouts }: Pick<Form, 'layouts'>): readonly Diagnostic[] {
  const unused = layouts.filter(({ tensors }) => tensors === 0);
  return unused.map(({ name, layout }) => ({
    severity: 'warning',
    code: 'layout-unused',
    message: `--layout ${name}=${layout} changes nothing: no tensor of the optimized circuit is ${name}`,
    span: { start: 0, end: 0 },
    help: 'fix a tensor that it computes, which report --packing lists, or lower the optimization level',
  }));
}
