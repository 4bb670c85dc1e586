import { asOneLine } from '../errors/one-line.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { canonicalJson, type Json } from '../files/canonical-json.ts';
import { planDigest } from '../files/plan-identity.ts';
import type { Plan } from '../plan/plan.ts';
import { findingsOf } from '../report/circuit-report.ts';
import { requireLimits } from '../run/compile-whole.ts';
import { compileAs, loadSettings, plannedFacts } from './compile-job.ts';
import type { CompileSettings } from './compile-options.ts';
import { readSource } from './read-files.ts';

/** What a client expects of a plan that it got from another party. */
export interface Expectation {
  /** The path of the plan, for messages. */
  readonly file: string;
  /** The digest that the plan must have, 64 hexadecimal digits. */
  readonly expect: string | undefined;
  /** The circuit that must compile to the plan. */
  readonly source: { readonly file: string; readonly settings: CompileSettings } | undefined;
}

/**
 * Requires that a plan is the expected one.
 *
 * @throws ShoalError `unexpected-plan` if it is another one, CircuitError if the expected circuit
 *   cannot be compiled
 */
export async function requireExpected(
  plan: Plan,
  { file, expect, source }: Expectation,
): Promise<void> {
  // The digest of a large plan takes a while.
  if (expect === undefined && source === undefined) return;
  const digest = planDigest(plan);
  const refuse = (message: string) => new ShoalError('unexpected-plan', message, { file });
  if (expect !== undefined && digest !== expect)
    throw refuse(`this plan has the digest ${digest}, not the expected ${expect}`);
  if (source === undefined) return;
  const compiled = await compiledPlan(source.file, source.settings);
  if (digest === planDigest(compiled)) return;
  const difference = firstDifference(comparable(plan), comparable(compiled));
  const advice = 'the options for compiling and the version of shoal must be those of the plan';
  throw refuse(`${source.file} compiles to another plan: ${difference}; ${advice}`);
}

async function compiledPlan(file: string, given: CompileSettings): Promise<Plan> {
  const settings = await loadSettings(given);
  const compilation = compileAs(await readSource(file, settings.maxLoad), settings);
  requireLimits(compilation);
  return plannedFacts(findingsOf(compilation), settings, false).plan;
}

/** Returns a plan as JSON. Facts that people know come first, and what follows from them later. */
function comparable({ params, ops, outputs, ...facts }: Plan): Json {
  const { securityBits, ...sizes } = params;
  return { ...facts, params: { securityBits, ...sizes }, ops, outputs } as unknown as Json;
}

/** Returns where two different JSON values differ first, and what they are there. */
function firstDifference(plan: Json | undefined, compiled: Json | undefined, path = ''): string {
  if (isObject(plan) && isObject(compiled)) {
    for (const key of new Set([...Object.keys(plan), ...Object.keys(compiled)])) {
      const [a, b] = [plan[key], compiled[key]];
      if (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b)) continue;
      const step = Array.isArray(plan) ? `[${key}]` : path === '' ? key : `.${key}`;
      return firstDifference(a, b, `${path}${step}`);
    }
  }
  const shown = (value: Json | undefined) => asOneLine(JSON.stringify(value) ?? 'missing');
  return `${path} is ${shown(plan)} in the plan, ${shown(compiled)} when compiled`;
}

function isObject(value: Json | undefined): value is Readonly<Record<string, Json | undefined>> {
  return typeof value === 'object' && value !== null;
}
