import type { z } from 'zod';
import { FileError } from '../data/file-error.ts';
import { type JsonFile, parseJson } from '../data/json-file.ts';
import { defaultSecurity, isUncheckedRing, type SecurityDemand } from '../schemes/security.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { Plan } from './plan.ts';
import { PlanFault } from './plan-fault.ts';
import { demandValidPlan } from './validate.ts';

/**
 * Reads a plan that anybody may have written: what it returns can be evaluated safely.
 *
 * @param allow whether plans of the ring that SEAL does not check are read, too
 * @throws FileError with the place of what is wrong
 */
export function readPlan(
  source: Source,
  allow: Pick<SecurityDemand, 'allowUncheckedRing'> = defaultSecurity,
): Plan {
  const json = parseJson(source);
  demandFormat(json);
  const parsed = Plan.safeParse(json.value);
  if (!parsed.success) throw formError(json, parsed.error);
  try {
    demandValidPlan(parsed.data);
  } catch (error) {
    if (!(error instanceof PlanFault)) throw error;
    throw refused(json, error.message, error.path);
  }
  if (!allow.allowUncheckedRing) demandCheckedRing(parsed.data, json);
  return parsed.data;
}

function demandCheckedRing({ params }: Plan, json: JsonFile): void {
  const { polyModulusDegree: degree, securityBits } = params;
  if (!isUncheckedRing(degree)) return;
  const message = `the plan's ring, N = ${degree}, is one whose ${securityBits}-bit security SEAL does not check: to rely on shoal's own table give --allow-unchecked-ring, else compile the circuit for a smaller ring`;
  const place = json.placeOf(['params', 'polyModulusDegree']);
  throw new FileError('unchecked-ring', message, place);
}

function demandFormat(json: JsonFile): void {
  const { format, version } = (json.value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== 'shoal-plan') {
    const help = 'it has no "format": "shoal-plan"; data are given with --inputs';
    throw new FileError('not-a-plan', `neither a circuit nor a plan: ${help}`, json.placeOf([]));
  }
  if (version === 1) return;
  const message = `a plan of version ${JSON.stringify(version) ?? 'none'} is not read, only version 1`;
  throw new FileError('plan-version', message, json.placeOf(['version']));
}

function formError(json: JsonFile, error: z.ZodError): FileError {
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
function refused(json: JsonFile, message: string, path: readonly (string | number)[]): FileError {
  let place = json.placeOf([...path]);
  for (let length = path.length - 1; place.line === 0 && length >= 0; length--) {
    place = json.placeOf(path.slice(0, length));
  }
  return new FileError('bad-plan', `not a valid plan: ${nameOf(path)}${message}`, place);
}

/** `ops[12].args: `, where in the plan something is. */
function nameOf(path: readonly (string | number)[]): string {
  if (path.length === 0) return '';
  const name = path.map((key, i) =>
    typeof key === 'number' ? `[${key}]` : i > 0 ? `.${key}` : key,
  );
  return `${name.join('')}: `;
}
