import { expectedCiphers } from '../backends/seal/untrusted.ts';
import { requirePlan } from '../files/container-checks.ts';
import type { Header, PartType } from '../files/container-format.ts';
import { readContainer, readHeader } from '../files/container-reader.ts';
import { identityOf } from '../files/plan-identity.ts';
import { defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { partsFor } from './container-heads.ts';
import { type ClientServerOptions, type Stored, withStored } from './stored-files.ts';

/** Returns the header of a file. Does not read its parts. */
export function headerOf(stored: Stored): Promise<Header> {
  return withStored([stored], ([opened]) => readHeader(defined(opened).source));
}

/** The contents of a file whose checksums are all right. */
export interface Inspection {
  readonly header: Header;
  readonly bytes: number;
  /** In the order of the first part of each type. */
  readonly parts: readonly PartsOfType[];
}

/** Number and size of the parts of one type. */
export interface PartsOfType {
  readonly type: PartType;
  readonly count: number;
  /** Bytes as SEAL saves them. */
  readonly bytes: number;
  /** Bytes in the file. */
  readonly storedBytes: number;
}

/** Options of {@link inspect}. */
export interface InspectOptions extends Pick<ClientServerOptions, 'onProgress'> {
  /**
   * The plan that the file must belong to. It limits the work: a file of another plan, or one that
   * claims more than the plan allows, is refused before its parts are read.
   */
  readonly plan?: Plan;
}

/**
 * Reads a file of any kind, and checks all checksums. Keeps nothing of its parts.
 *
 * @throws ShoalError if the file is not a container, is damaged, or does not belong to the plan
 */
export function inspect(stored: Stored, options: InspectOptions = {}): Promise<Inspection> {
  const { plan, onProgress } = options;
  const identity = plan && identityOf(plan);
  return withStored([stored], ([opened]) => {
    const { source } = defined(opened);
    const parts = new Map<PartType, PartsOfType>();
    const header = readContainer(source, {
      expect: (header) => {
        if (plan === undefined || identity === undefined) return undefined;
        requirePlan(source.name, header, identity);
        return partsFor(plan, expectedCiphers(plan), { name: source.name, header });
      },
      keep: ({ type, length, storedLength }) => {
        const { count, bytes, storedBytes } = parts.get(type) ?? NONE;
        parts.set(type, {
          type,
          count: count + 1,
          bytes: bytes + length,
          storedBytes: storedBytes + storedLength,
        });
      },
      onProgress: (done, total) => onProgress?.(done, total, 'read'),
    });
    return { header, bytes: source.size, parts: [...parts.values()] };
  });
}

const NONE = { count: 0, bytes: 0, storedBytes: 0 } as const;
