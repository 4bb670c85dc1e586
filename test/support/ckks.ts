import type { Form } from '../../src/compile/form.ts';
import type { CkksSketch } from '../../src/plan/plan.ts';

/** Returns the sketch of a form. Throws when the form is not for CKKS. */
export function ckksSketch({ sketch }: Pick<Form, 'sketch'>): CkksSketch {
  if (sketch.scheme !== 'ckks') throw new Error(`the form is for ${sketch.scheme}`);
  return sketch;
}

/** Whether a program computes with integers, which have no errors, scales or predicted times. */
export function isOnIntegers(text: string): boolean {
  return /^scheme b[fg]v\b/m.test(text);
}
