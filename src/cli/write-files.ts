import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ShoalError } from '../errors/shoal-error.ts';
import { notWritten, requireApart, WholeFile } from '../files/whole-file.ts';
import { kindOf, makeDirectory } from '../platform/files.ts';
import type { OutputFile } from './outcome.ts';
import { withoutInterruption } from './terminal.ts';

/**
 * Writes files, each completely or not at all.
 *
 * @param reads paths that were read, whose files are not replaced
 * @throws ShoalError
 */
export async function writeFiles(
  files: readonly OutputFile[],
  reads: readonly string[],
): Promise<void> {
  for (const { path, isRewritten } of files) if (!isRewritten) requireApart(path, reads);
  for (const file of files) {
    try {
      await writeOne(file);
    } catch (error) {
      throw error instanceof ShoalError ? error : notWritten(file.path, error);
    }
  }
}

async function writeOne({ path, content, makesDirectory }: OutputFile): Promise<void> {
  if (makesDirectory) makeDirectory(dirname(path));
  // A special file, such as /dev/null, cannot be replaced by a regular file.
  if (kindOf(path) === 'special') return writeFile(path, content);
  // An interruption in the middle would leave a temporary file behind.
  await withoutInterruption(() => {
    const file = new WholeFile(path, { force: true, keepRights: true });
    file.write(Buffer.from(content));
    file.complete();
    file.commit();
  });
}
