import { type EvaluateOptions, type Instance, readInput } from '../backends/evaluation.ts';
import {
  type EvaluationSetup,
  equipTeam,
  runTeam,
  sharesFor,
  withWorkers,
} from '../backends/seal/evaluation-team.ts';
import type { RunResult } from '../backends/seal/evaluator.ts';
import { KeyContexts } from '../backends/seal/key-contexts.ts';
import { type KeyStore, keyOrder, type StoredKey, shared } from '../backends/seal/key-store.ts';
import { createPlanContext, type PlanContext } from '../backends/seal/plan-context.ts';
import { savedBytes } from '../backends/seal/result-exchange.ts';
import type { Team } from '../backends/seal/team.ts';
import {
  expectedCiphers,
  loadUntrustedCipher,
  loadUntrustedPublicKey,
  publicKeyBytes,
} from '../backends/seal/untrusted.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import type { ByteSource } from '../files/byte-streams.ts';
import { requireKeySet, requireKind, requirePlan } from '../files/container-checks.ts';
import { type Container, openContainer, readPart } from '../files/container-reader.ts';
import { ContainerWriter } from '../files/container-writer.ts';
import { identityOf, type PlanIdentity } from '../files/plan-identity.ts';
import { defined, lookUp } from '../lookup.ts';
import { keyLevels } from '../memory/key-levels.ts';
import type { KeyName } from '../memory/key-needs.ts';
import { type BlockData, type ClearValue, ringOf } from '../plan/clear-ops.ts';
import type { Plan } from '../plan/plan.ts';
import { withPrecomputed } from '../plan/precomputed.ts';
import { wholePlan } from '../plan/worker-shares.ts';
import {
  type ExpectedCiphers,
  type FileHead,
  isSeeded,
  newHeader,
  partsFor,
  resultParts,
} from './container-heads.ts';
import { foreignPart, foreignPublicKey, requireData, unknownInput } from './encrypt-inputs.ts';
import {
  type ClientServerOptions,
  type Opened,
  type Stored,
  type Target,
  uploadSources,
  withStored,
  writeTo,
} from './stored-files.ts';
import { runIds, runsOf } from './upload-runs.ts';

/** Options of {@link evaluate}. */
export interface EvaluateUploadsOptions
  extends ClientServerOptions,
    Pick<EvaluateOptions, 'jobs' | 'cost' | 'memory' | 'signal'> {
  /** The plan's plain inputs, by name. */
  readonly inputs?: Instance['inputs'];
}

/**
 * Evaluates a plan on uploads, as the server does: without a secret key, which it refuses. Keys in
 * a file are read when they are used.
 *
 * @param keys evaluation keys
 * @param uploads one for each run, or several for a run that parties share, see `runsOf`
 * @returns one result with the outputs of all runs, in order
 * @throws ShoalError if a file belongs to another plan or key set, if an input does not fit the
 *   plan, if the predicted memory is too small, or if the evaluation fails; or the signal's reason
 */
export function evaluate(
  plan: Plan,
  keys: Stored,
  uploads: readonly Stored[],
  options?: EvaluateUploadsOptions & { readonly to?: undefined },
): Promise<Uint8Array>;
export function evaluate(
  plan: Plan,
  keys: Stored,
  uploads: readonly Stored[],
  options: EvaluateUploadsOptions & Target & { readonly to: string },
): Promise<string>;
export function evaluate(
  plan: Plan,
  keys: Stored,
  uploads: readonly Stored[],
  options: EvaluateUploadsOptions & Target,
): Promise<string | Uint8Array>;
export async function evaluate(
  plan: Plan,
  keys: Stored,
  uploads: readonly Stored[],
  options: EvaluateUploadsOptions & Target = {},
): Promise<string | Uint8Array> {
  const { compress = false, onProgress: report = () => {}, inputs = new Map(), ...rest } = options;
  requirePlainInputs(plan, { inputs });
  if (uploads.length === 0) throw new ShoalError('missing-input', 'there is no upload to evaluate');
  return withStored([keys], ([openedKeys]) =>
    writeTo(options, [keys, ...uploads], options, async (sink) => {
      const identity = identityOf(plan);
      const ciphers = expectedCiphers(plan);
      const keyFile = openKeys(defined(openedKeys), { plan, identity, ciphers }, (done, total) =>
        report(done, total, 'read'),
      );
      const opened = uploadSources(uploads).map((source) =>
        openUpload(source, { plan, identity, ciphers }, keyFile.header.keys),
      );
      const heads = opened.map(headOf);
      const runs = runsOf(plan, heads);
      const header = newHeader(identity, {
        kind: 'result',
        compressed: compress,
        keys: keyFile.header.keys,
        runs: runIds(runs, heads),
      });
      const writer = new ContainerWriter(sink, header, resultParts(plan, ciphers, runs.length));
      const shares = sharesFor(plan, runs.length, rest);
      await withWorkers(
        plan,
        shares,
        runs.length,
        { ...rest, keysInFile: typeof keys === 'string', onProgress: report },
        async (setup) => {
          const started = await startServer(setup, plan, keyFile, defined(openedKeys));
          const server: Server = { ...started, ciphers };
          for (const run of runs) {
            giveUploads(
              server,
              run.map((index) => defined(opened[index])),
            );
            const result = await runTeam(server.team, setup, plainData(plan, { inputs }));
            try {
              for (const value of wholePlan(plan).outputs) {
                writer.part(savedValue(server, result, value));
              }
            } finally {
              for (const cipher of result.ciphers.values()) cipher.delete();
            }
          }
          writer.end();
        },
      );
    }),
  );
}

/** @throws ShoalError unless an instance has exactly the plan's plain inputs */
function requirePlainInputs(plan: Plan, instance: Instance): void {
  const { inputs } = instance;
  const known = new Map(plan.inputs.map((input) => [input.name, input]));
  for (const name of inputs.keys()) {
    const input = known.get(name);
    if (input?.secrecy === 'plain') continue;
    if (input === undefined) throw unknownInput(name);
    const message = `input '${name}' is encrypted by a client: the server must not have it in the clear`;
    throw new ShoalError('cipher-input', message, { file: '' });
  }
  requireData(plan, instance);
  const missing = plan.inputs.filter(
    ({ name, secrecy }) => secrecy === 'plain' && !inputs.has(name),
  );
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => `'${name}'`).join(', ');
  const message = `no data for plain input${missing.length === 1 ? '' : 's'} ${names}: give them with --inputs`;
  throw new ShoalError('missing-input', message, { file: '' });
}

/** The plan that a file must belong to. */
interface FileOwner {
  readonly plan: Plan;
  readonly identity: PlanIdentity;
  readonly ciphers: ExpectedCiphers;
}

function openKeys(
  { source }: Opened,
  { plan, identity, ciphers }: FileOwner,
  onProgress: (done: number, total: number) => void,
): Container {
  return openContainer(
    source,
    (header) => {
      requireKind(source.name, header, 'evaluation keys');
      requirePlan(source.name, header, identity);
      return partsFor(plan, ciphers, { name: source.name, header });
    },
    onProgress,
  );
}

function openUpload(
  source: ByteSource,
  { plan, identity, ciphers }: FileOwner,
  keys: Uint8Array,
): Container {
  return openContainer(source, (header) => {
    requireKind(source.name, header, 'upload');
    requirePlan(source.name, header, identity);
    requireKeySet(source.name, header, keys);
    return partsFor(plan, ciphers, { name: source.name, header });
  });
}

function headOf({ source, header }: Container): FileHead {
  return { name: source.name, header };
}

interface Server {
  readonly context: PlanContext;
  readonly ciphers: ExpectedCiphers;
  readonly team: Team;
}

async function startServer(
  setup: EvaluationSetup,
  plan: Plan,
  keyFile: Container,
  opened: Opened,
): Promise<Omit<Server, 'ciphers'>> {
  const { scope, seal, report, clock } = setup;
  report(0, 0, 'setup');
  const context = clock.time('setup', () => scope.own(createPlanContext(seal, plan)));
  const contexts = scope.own(new KeyContexts(context));
  const foreign = foreignPublicKey(keyFile);
  const publicKey = scope.own(loadUntrustedPublicKey(context, foreign));
  const store: KeyStore = {
    publicKey: shared(foreign.read(publicKeyBytes(plan.params))),
    switching: switchingKeys(plan, keyFile, opened),
  };
  const team = await equipTeam(setup, { context, contexts, publicKey, store });
  return { context, team };
}

/** Returns the keys that came as bytes, or the locations of those that came as a file. */
function switchingKeys(
  plan: Plan,
  { source, parts }: Container,
  { descriptor }: Opened,
): ReadonlyMap<KeyName, StoredKey> {
  return new Map(
    keyOrder(keyLevels(plan)).map(([name, level], i): [KeyName, StoredKey] => {
      const part = defined(parts[i + 1]);
      const saved =
        descriptor === undefined
          ? shared(readPart(source, part, part.length))
          : { descriptor, part };
      return [name, { level, saved, file: source.name }];
    }),
  );
}

function giveUploads({ context, ciphers, team }: Server, uploads: readonly Container[]): void {
  for (const upload of uploads) {
    const own = { isSeeded: isSeeded(upload.header), isCorrected: true };
    upload.parts.forEach(({ value }, i) => {
      const format = { ...lookUp(ciphers, value), ...own };
      const foreign = foreignPart(upload, i, `the ciphertext of operation ${value}`);
      team.giveUpload(value, loadUntrustedCipher(context, format, foreign));
    });
  }
}

/** Returns the data of the plain inputs; the server has no others. */
function plainData(plan: Plan, instance: Instance): BlockData {
  return {
    ring: ringOf(plan),
    slots: plan.slots,
    blocks: 1,
    read: withPrecomputed(plan, (input) => readInput(instance, input)),
  };
}

function savedValue({ context }: Server, result: RunResult, value: number): Uint8Array {
  const cipher = result.ciphers.get(value);
  return cipher ? savedBytes(context.seal, cipher) : clearBytes(defined(result.clears.get(value)));
}

/** Returns the numbers of a value in the clear as float64s, little endian. */
function clearBytes(value: ClearValue): Uint8Array {
  const numbers = typeof value === 'number' ? [value] : value;
  const bytes = new Uint8Array(8 * numbers.length);
  const view = new DataView(bytes.buffer);
  numbers.forEach((x, i) => {
    view.setFloat64(8 * i, x, true);
  });
  return bytes;
}
