import type { z } from 'zod';
import { type JsonFile, parseJson } from '../arrays/json-file.ts';
import { asOneLine, asPrintable } from '../errors/one-line.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { Plan } from '../plan/plan.ts';
import { DEFAULT_SECURITY, isUncheckedRing, type SecurityRequest } from '../schemes/security.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { PlanFault } from './plan-fault.ts';
import { requireChain, StagedPlan } from './staged-plan.ts';
import { requireValidPlan } from './validate-plan.ts';

/**
 * Reads a plan from an untrusted file; the returned plan can be evaluated safely.
 *
 * @param allow whether plans of the ring that SEAL does not check are read, too
 * @throws ShoalError with the location of the fault
 */
export function readPlan(
  source: Source,
  allow: Pick<SecurityRequest, 'allowUncheckedRing'> = DEFAULT_SECURITY,
): Plan {
  const plan = readPlanFile(source, allow);
  if (plan.format === 'shoal-plan') return plan;
  const message = 'this is a plan in stages: shoal eval runs it, one stage after the other';
  throw new ShoalError('staged-plan', message, parseJson(source).locationOf(['format']));
}

/**
 * Reads a plan or a plan in stages from an untrusted file; see {@link readPlan}.
 *
 * @throws ShoalError with the location of the fault
 */
export function readPlanFile(
  source: Source,
  allow: Pick<SecurityRequest, 'allowUncheckedRing'> = DEFAULT_SECURITY,
): Plan | StagedPlan {
  const json = parseJson(source);
  const isStaged = requireFormat(json);
  const parsed = (isStaged ? StagedPlan : Plan).safeParse(json.value);
  if (!parsed.success) throw schemaError(json, parsed.error);
  const { data } = parsed;
  if (data.format === 'shoal-plan') {
    requireSafe(data, [], json, allow);
    return data;
  }
  data.stages.forEach(({ plan }, at) => {
    requireSafe(plan, ['stages', at, 'plan'], json, allow);
  });
  withLocation(json, [], () => requireChain(data));
  return data;
}

/** @param path JSON path of the plan in the file */
function requireSafe(
  plan: Plan,
  path: readonly (string | number)[],
  json: JsonFile,
  { allowUncheckedRing }: Pick<SecurityRequest, 'allowUncheckedRing'>,
): void {
  withLocation(json, path, () => requireValidPlan(plan));
  if (!allowUncheckedRing) requireCheckedRing(plan, path, json);
}

/** Runs a check and throws its {@link PlanFault} as a {@link ShoalError} with a location. */
function withLocation(json: JsonFile, path: readonly (string | number)[], check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof PlanFault)) throw error;
    throw badPlan(json, error.message, [...path, ...error.path]);
  }
}

function requireCheckedRing(
  { params }: Plan,
  path: readonly (string | number)[],
  json: JsonFile,
): void {
  const { polyModulusDegree: degree, securityBits } = params;
  if (!isUncheckedRing(degree)) return;
  const message = `SEAL does not check the ${securityBits}-bit security of the plan's ring, N = ${degree}: give --allow-unchecked-ring to rely on shoal's own table, or compile the circuit for a smaller ring`;
  const location = json.locationOf([...path, 'params', 'polyModulusDegree']);
  throw new ShoalError('unchecked-ring', message, location);
}

/** @returns whether the plan is in stages */
function requireFormat(json: JsonFile): boolean {
  const { format, version } = (json.value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== 'shoal-plan' && format !== 'shoal-stages') {
    const help = 'it has no "format": "shoal-plan"; give data with --inputs';
    throw new ShoalError(
      'not-a-plan',
      `neither a circuit nor a plan: ${help}`,
      json.locationOf([]),
    );
  }
  if (version === 1) return format === 'shoal-stages';
  const shown = asOneLine(JSON.stringify(version) ?? 'none');
  const message = `plans of version ${shown} are not supported, only version 1`;
  throw new ShoalError('plan-version', message, json.locationOf(['version']));
}

function schemaError(json: JsonFile, error: z.ZodError): ShoalError {
  const { path, message } = deepest(error.issues[0] as Issue, []);
  return badPlan(json, message, path);
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

/**
 * Returns the flaw in the intended alternative of a union: the one with the right operation name.
 */
function deepest(issue: Issue, above: readonly (string | number)[]): Flaw {
  const own = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const path = [...above, ...own];
  const intended = issue.errors?.find(([first]) => first && first.path[0] !== 'op');
  const inner = intended?.[0];
  if (inner) return deepest(inner, path);
  const isOperation = issue.errors !== undefined && path[0] === 'ops' && path.length <= 3;
  return { message: isOperation ? 'unknown operation' : inWords(issue.message), path };
}

/** Returns a message of zod without terms of zod and TypeScript. */
function inWords(message: string): string {
  return message
    .replace(/^Invalid input: /, '')
    .replace('received undefined', 'but it is missing')
    .replace('received', 'found')
    .replace('tuple', 'list');
}

/** Returns an error at the nearest location in the text; a missing field has no location itself. */
function badPlan(json: JsonFile, message: string, path: readonly (string | number)[]): ShoalError {
  let location = json.locationOf([...path]);
  for (let length = path.length - 1; !location.position && length >= 0; length--) {
    location = json.locationOf(path.slice(0, length));
  }
  const text = asPrintable(`not a valid plan: ${nameOf(path)}${message}`);
  return new ShoalError('bad-plan', text, location);
}

/** Returns a path as text, such as `ops[12].args: `. */
function nameOf(path: readonly (string | number)[]): string {
  if (path.length === 0) return '';
  const name = path.map((key, i) =>
    typeof key === 'number' ? `[${key}]` : i > 0 ? `.${key}` : key,
  );
  return `${name.join('')}: `;
}
