import { format } from '../syntax/format-source.ts';
import type { Result } from './outcome.ts';
import { readSource } from './read-files.ts';

export interface FmtJob {
  readonly files: readonly string[];
  readonly mode: 'print' | 'write' | 'check';
}

interface Formatted {
  readonly file: string;
  readonly text: string;
  readonly changed: boolean;
}

/** `shoal fmt`: formats circuits, and prints them, rewrites the files or checks them. */
export async function runFmt({ files, mode }: FmtJob): Promise<Result> {
  const formatted: Formatted[] = [];
  for (const file of files) {
    const source = await readSource(file);
    const text = format(source);
    formatted.push({ file, text, changed: text !== source.text });
  }
  const changed = formatted.filter((entry) => entry.changed);
  const names = changed.map(({ file }) => `${file}\n`).join('');
  return {
    status: mode === 'check' && changed.length > 0 ? 1 : 0,
    json: {
      files: formatted.map(({ file, text, changed }) =>
        mode === 'print' ? { file, changed, text } : { file, changed },
      ),
    },
    text: () => (mode === 'print' ? formatted.map(({ text }) => text).join('') : names),
    files:
      mode === 'write'
        ? changed.map(({ file, text }) => ({ path: file, content: text, isRewritten: true }))
        : [],
  };
}
