import type { Header, PartType } from '../files/container-format.ts';
import { type Container, openContainer, readHeader } from '../files/container-reader.ts';
import { defined } from '../lookup.ts';
import { type ClientServerOptions, type Stored, withStored } from './stored-files.ts';

/** The header of a file; its parts are not looked at. */
export function headerOf(stored: Stored): Promise<Header> {
  return withStored([stored], ([opened]) => readHeader(defined(opened).source));
}

/** What a file says of itself; all of its checksums are right. */
export interface Inspection {
  readonly header: Header;
  readonly bytes: number;
  /** In the order of their first ones. */
  readonly parts: readonly PartsOfType[];
}

/** Parts of one type. */
export interface PartsOfType {
  readonly type: PartType;
  readonly count: number;
  /** As SEAL saves them. */
  readonly bytes: number;
  /** In the file. */
  readonly storedBytes: number;
}

/**
 * Reads a file of any kind, whatever plan it belongs to.
 *
 * @throws ShoalError if it is none, or damaged
 */
export function inspect(
  stored: Stored,
  { onProgress }: Pick<ClientServerOptions, 'onProgress'> = {},
): Promise<Inspection> {
  return withStored([stored], ([opened]) => {
    const container = openContainer(
      defined(opened).source,
      () => {},
      (done, total) => onProgress?.(done, total, 'read'),
    );
    const { header } = container;
    return { header, bytes: defined(opened).source.size, parts: partsByType(container) };
  });
}

function partsByType({ parts }: Container): readonly PartsOfType[] {
  const types = [...new Set(parts.map(({ type }) => type))];
  return types.map((type) => {
    const own = parts.filter((part) => part.type === type);
    return {
      type,
      count: own.length,
      bytes: own.reduce((sum, { length }) => sum + length, 0),
      storedBytes: own.reduce((sum, { storedLength }) => sum + storedLength, 0),
    };
  });
}
