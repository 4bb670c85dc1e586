import type { z } from 'zod';
import { type JsonFile, parseJson } from '../data/json-file.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { Plan } from '../plan/plan.ts';
import { DEFAULT_SECURITY, isUncheckedRing, type SecurityRequest } from '../schemes/security.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { PlanFault } from './plan-fault.ts';
import { requireChain, StagedPlan } from './staged-plan.ts';
import { requireValidPlan } from './validate-plan.ts';

/**
 * Reads a plan that anybody may have written: what it returns can be evaluated safely.
 *
 * @param allow whether plans of the ring that SEAL does not check are read, too
 * @throws ShoalError with the place of what is wrong
 */
export function readPlan(
  source: Source,
  allow: Pick<SecurityRequest, 'allowUncheckedRing'> = DEFAULT_SECURITY,
): Plan {
  const plan = readPlanFile(source, allow);
  if (plan.format === 'shoal-plan') return plan;
  const message = 'a plan in stages: shoal eval runs it, one stage after the other';
  throw new ShoalError('staged-plan', message, parseJson(source).locationOf(['format']));
}

/**
 * Reads a plan, or one in stages, that anybody may have written; see {@link readPlan}.
 *
 * @throws ShoalError with the place of what is wrong
 */
export function readPlanFile(
  source: Source,
  allow: Pick<SecurityRequest, 'allowUncheckedRing'> = DEFAULT_SECURITY,
): Plan | StagedPlan {
  const json = parseJson(source);
  const isStaged = requireFormat(json);
  const parsed = (isStaged ? StagedPlan : Plan).safeParse(json.value);
  if (!parsed.success) throw formError(json, parsed.error);
  const { data } = parsed;
  if (data.format === 'shoal-plan') {
    requireSafe(data, [], json, allow);
    return data;
  }
  data.stages.forEach(({ plan }, at) => {
    requireSafe(plan, ['stages', at, 'plan'], json, allow);
  });
  placed(json, [], () => requireChain(data));
  return data;
}

/** @param path of the plan in the file */
function requireSafe(
  plan: Plan,
  path: readonly (string | number)[],
  json: JsonFile,
  { allowUncheckedRing }: Pick<SecurityRequest, 'allowUncheckedRing'>,
): void {
  placed(json, path, () => requireValidPlan(plan));
  if (!allowUncheckedRing) requireCheckedRing(plan, path, json);
}

/** What a check finds, with its place in the file. */
function placed(json: JsonFile, path: readonly (string | number)[], check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof PlanFault)) throw error;
    throw refused(json, error.message, [...path, ...error.path]);
  }
}

function requireCheckedRing(
  { params }: Plan,
  path: readonly (string | number)[],
  json: JsonFile,
): void {
  const { polyModulusDegree: degree, securityBits } = params;
  if (!isUncheckedRing(degree)) return;
  const message = `the plan's ring, N = ${degree}, is one whose ${securityBits}-bit security SEAL does not check: to rely on shoal's own table give --allow-unchecked-ring, else compile the circuit for a smaller ring`;
  const place = json.locationOf([...path, 'params', 'polyModulusDegree']);
  throw new ShoalError('unchecked-ring', message, place);
}

/** @returns whether the plan is one in stages */
function requireFormat(json: JsonFile): boolean {
  const { format, version } = (json.value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== 'shoal-plan' && format !== 'shoal-stages') {
    const help = 'it has no "format": "shoal-plan"; data are given with --inputs';
    throw new ShoalError(
      'not-a-plan',
      `neither a circuit nor a plan: ${help}`,
      json.locationOf([]),
    );
  }
  if (version === 1) return format === 'shoal-stages';
  const message = `a plan of version ${JSON.stringify(version) ?? 'none'} is not read, only version 1`;
  throw new ShoalError('plan-version', message, json.locationOf(['version']));
}

function formError(json: JsonFile, error: z.ZodError): ShoalError {
  const { path, message } = deepest(error.issues[0] as Issue, []);
  return refused(json, message, path);
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly errors?: readonly (readonly Issue[])[];
}

interface Flaw {
  readonly message: string;
  readonly path: readonly (string | number)[];
}

/** What is wrong in the alternative that was meant: the one with the right kind of operation. */
function deepest(issue: Issue, above: readonly (string | number)[]): Flaw {
  const own = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const path = [...above, ...own];
  const meant = issue.errors?.find(([first]) => first && first.path[0] !== 'op');
  const inner = meant?.[0];
  if (inner) return deepest(inner, path);
  const isOperation = issue.errors !== undefined && path[0] === 'ops' && path.length <= 3;
  return { message: isOperation ? 'unknown operation' : inWords(issue.message), path };
}

/** What zod says, without the words of its trade. */
function inWords(message: string): string {
  return message
    .replace(/^Invalid input: /, '')
    .replace('received undefined', 'there is none')
    .replace('received', 'found')
    .replace('tuple', 'list');
}

/** The nearest place in the text: what is missing has none of its own. */
function refused(json: JsonFile, message: string, path: readonly (string | number)[]): ShoalError {
  let place = json.locationOf([...path]);
  for (let length = path.length - 1; !place.position && length >= 0; length--) {
    place = json.locationOf(path.slice(0, length));
  }
  return new ShoalError('bad-plan', `not a valid plan: ${nameOf(path)}${message}`, place);
}

/** `ops[12].args: `, where in the plan something is. */
function nameOf(path: readonly (string | number)[]): string {
  if (path.length === 0) return '';
  const name = path.map((key, i) =>
    typeof key === 'number' ? `[${key}]` : i > 0 ? `.${key}` : key,
  );
  return `${name.join('')}: `;
}
