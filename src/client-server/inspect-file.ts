import type { Header, PartType } from '../files/container-format.ts';
import { type Container, openContainer, readHeader } from '../files/container-reader.ts';
import { defined } from '../lookup.ts';
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

/**
 * Reads a file of any kind and any plan, and checks all checksums.
 *
 * @throws ShoalError if the file is not a container or is damaged
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
