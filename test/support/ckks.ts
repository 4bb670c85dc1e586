import type { Form } from '../../src/compile/form.ts';
import type { CkksSketch } from '../../src/plan/plan.ts';

/** The sketch of a form that computes with real numbers. */
export function ckksSketch({ sketch }: Pick<Form, 'sketch'>): CkksSketch {
  if (sketch.scheme !== 'ckks') throw new Error(`the form is for ${sketch.scheme}`);
  return sketch;
}

/** Whether a circuit computes with integers, which have no errors, no scales and no model of time. */
export function isOnIntegers(text: string): boolean {
  return /^scheme b[fg]v\b/m.test(text);
}
