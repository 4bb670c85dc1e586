import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from './failure.ts';
import type { OutputFile } from './job.ts';
import { reasonOf } from './reason.ts';

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
      throw new Failure('cannot-write', `cannot write ${file.path}: ${reasonOf(error)}`, error);
    }
  }
}

async function writeOne({ path, content, makesDirectory }: OutputFile): Promise<void> {
  if (content === undefined) return rm(path, { force: true });
  if (makesDirectory) await mkdir(dirname(path), { recursive: true });
  // What is no regular file, such as /dev/null, cannot be replaced by one.
  if (await isSpecial(path)) return writeFile(path, content);
  const { default: writeFileAtomic } = await import('write-file-atomic');
  // It takes a write that a full disk cuts short for a whole one, so that the content is written here.
  await writeFileAtomic(path, '', { tmpfileCreated: (temporary) => writeFile(temporary, content) });
}

async function isSpecial(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isFile();
  } catch {
    return false;
  }
}
