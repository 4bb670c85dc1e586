import type { Form } from '../compile/form.ts';
import type { TensorPacking } from '../packing/describe.ts';

/** A form that knows where its tensors lie. */
type DescribedForm = Form & { readonly packing?: readonly TensorPacking[] };

/** Where the tensors of a form lie, inputs first; reports ask here and nowhere else. */
export function packingOf({ packing = [] }: DescribedForm): readonly TensorPacking[] {
  return packing;
}
