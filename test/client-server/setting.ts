import { decrypt } from '../../src/client-server/decrypt-result.ts';
import { encrypt } from '../../src/client-server/encrypt-inputs.ts';
import { evaluate } from '../../src/client-server/evaluate-uploads.ts';
import { keygen } from '../../src/client-server/generate-keys.ts';
import { inspect } from '../../src/client-server/inspect-file.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import { defined } from '../../src/lookup.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { errorBounds } from '../../src/report/circuit-report.ts';
import { mixed, party, planFor } from './support.ts';

export type FileKind = 'secret' | 'public' | 'evaluation' | 'upload' | 'result';
export const FILE_KINDS: readonly FileKind[] = [
  'secret',
  'public',
  'evaluation',
  'upload',
  'result',
];

/** What client and server compute: a plan, their inputs, and the right outputs. */
export interface Computation {
  readonly plan: Plan;
  readonly client: Readonly<Record<string, readonly number[]>>;
  readonly server: Readonly<Record<string, readonly number[]>>;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

const client = { x: [1, 0, -1, 1], z: [1, 1, 0, -1] };
const server = { p: [0, 1, 0, 1] };

/** Small computations; the second has a rotation key, and no more primes than it needs. */
export const COMPUTATIONS: Readonly<Record<'ckks' | 'bgv', Computation>> = {
  ckks: {
    plan: planFor(mixed),
    client,
    server,
    outputs: { y: [1, 1, 0, 0], q: [0, 2, 0, 2] },
  },
  bgv: {
    plan: planFor(
      'scheme bgv(t=65537);\ninput x: cipher[4];\ninput z: cipher[4];\ninput p: plain[4];\noutput y = x*z + rotate(x, 1) + p;\noutput q = 2*p;\n',
    ),
    client,
    server,
    outputs: { y: [1, 0, 1, 1], q: [0, 2, 0, 2] },
  },
};

/** One file of each kind, all of one client, and what they are used for. */
export class Setting {
  readonly #computation: Computation;
  readonly #files: Readonly<Record<FileKind, Uint8Array>>;

  constructor(computation: Computation, files: Readonly<Record<FileKind, Uint8Array>>) {
    this.#computation = computation;
    this.#files = files;
  }

  /** Makes new files of a computation. */
  static async of(computation: Computation): Promise<Setting> {
    const { plan, client, server } = computation;
    const keys = await keygen(plan);
    const { secret, evaluation } = keys;
    const upload = await encrypt(plan, secret, party(client));
    const result = await evaluate(plan, evaluation, [upload], party(server));
    return new Setting(computation, {
      secret,
      evaluation,
      public: keys.public,
      upload,
      result,
    });
  }

  file(kind: FileKind): Uint8Array {
    return this.#files[kind];
  }

  /**
   * Uses a file in every way. Returns whether the outputs are right, or the code of the refusal.
   */
  async use(kind: FileKind, bytes: Uint8Array): Promise<string> {
    try {
      await inspect(bytes);
      return (await this.#answer(kind, bytes)) ? 'right' : 'wrong';
    } catch (error) {
      if (error instanceof ShoalError) return error.code;
      throw error;
    }
  }

  async #answer(kind: FileKind, bytes: Uint8Array): Promise<boolean> {
    const { plan, client, server, outputs } = this.#computation;
    const files = { ...this.#files, [kind]: bytes };
    if (kind === 'secret' || kind === 'public') {
      files.upload = await encrypt(plan, bytes, party(client));
    }
    if (kind !== 'result') {
      files.result = await evaluate(plan, files.evaluation, [files.upload], party(server));
    }
    const [run] = await decrypt(plan, this.#files.secret, files.result);
    const bounds = errorBounds(plan);
    return Object.entries(outputs).every(([name, values]) =>
      values.every(
        (value, i) =>
          Math.abs(defined(defined(defined(run).outputs.get(name))[i]) - value) <=
          defined(bounds[name]),
      ),
    );
  }
}
