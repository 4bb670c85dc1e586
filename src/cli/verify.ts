import { renderVerdict } from '../render/verdict-text.ts';
import { verdictToJson, verify as verifySources } from '../report/verify.ts';
import type { Result, VerifyJob } from './job.ts';
import { readSource } from './read.ts';

/** `shoal verify`: whether two circuits are the same polynomials. */
export function verify({ files, defines }: VerifyJob): Result {
  const [a, b] = files.map(readSource);
  const verdict = verifySources(a!, b!, defines);
  return {
    status: verdict.equivalence.equal ? 0 : 1,
    json: verdictToJson(verdict),
    text: (color) => renderVerdict(verdict, color),
  };
}
