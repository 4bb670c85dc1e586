import { renderVerdict } from '../render/verdict-text.ts';
import { verdictToJson, verify } from '../report/compare-circuits.ts';
import type { Exact } from '../tensor/exact.ts';
import type { Result } from './outcome.ts';
import { readSource } from './read-files.ts';

export interface VerifyJob {
  readonly files: readonly [string, string];
  readonly defines: ReadonlyMap<string, Exact>;
  readonly maxLoad: number | undefined;
}

/** `shoal verify`: compares the polynomials of two circuits. */
export async function runVerify({ files, defines, maxLoad }: VerifyJob): Promise<Result> {
  const [a, b] = files;
  const verdict = verify(await readSource(a, maxLoad), await readSource(b, maxLoad), defines);
  return {
    status: verdict.equivalence.equal ? 0 : 1,
    json: verdictToJson(verdict),
    text: (color) => renderVerdict(verdict, color),
  };
}
