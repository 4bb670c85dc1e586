import { rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WholeFile, WriteError } from '../files/whole-file.ts';
import { kindOf, makeDirectory } from '../platform/files.ts';
import { Failure } from './failure.ts';
import type { OutputFile } from './outcome.ts';
import { reasonOf } from './reason.ts';
import { withoutInterruption } from './terminal.ts';

/**
 * Writes files, each of them whole or not at all, and removes those that are to go.
 *
 * @throws Failure
 */
export async function writeFiles(files: readonly OutputFile[]): Promise<void> {
  for (const file of files) {
    try {
      await writeOne(file);
    } catch (error) {
      const reason = reasonOf(error instanceof WriteError ? error.cause : error);
      throw new Failure('cannot-write', `cannot write ${file.path}: ${reason}`, error);
    }
  }
}

async function writeOne({ path, content, makesDirectory }: OutputFile): Promise<void> {
  if (content === undefined) return rm(path, { force: true });
  if (makesDirectory) makeDirectory(dirname(path));
  // What is no regular file, such as /dev/null, cannot be replaced by one.
  if (kindOf(path) === 'special') return writeFile(path, content);
  // An end in the middle would leave half of the file beside its place.
  await withoutInterruption(() => {
    const file = new WholeFile(path, { force: true, keepRights: true });
    file.write(Buffer.from(content));
    file.commit();
  });
}
