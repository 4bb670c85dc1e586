import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { root } from '../cli/support.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the library example prints what its comment says', () => {
  const example = readme.match(/```ts\n([\s\S]*?)```/)?.[1] ?? '';
  const library = pathToFileURL(join(root, 'src/index.ts')).href;
  const folder = mkdtempSync(join(tmpdir(), 'shoal-readme-'));
  try {
    const file = join(folder, 'example.ts');
    writeFileSync(file, example.replace("'shoal'", `'${library}'`));
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    expect(stderr).toBe('');
    // x^4 + 2 at x = 2
    expect(stdout).toBe('18.0000\n');
    expect(example).toContain('// 18.0000\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the circuit that is shown is the file that is run', () => {
  const shown = readme.match(/```circ\n([\s\S]*?)```/)?.[1];
  expect(shown).toBe(readFileSync(join(root, 'circuits/vectors/variance.circ'), 'utf8'));
});

test('blocks of commands and outputs are at most 80 columns wide', () => {
  const blocks = [...readme.matchAll(/```(?:console|sh|circ)\n([\s\S]*?)```/g)];
  const lines = blocks.flatMap(([, block = '']) => block.split('\n'));
  // A command may be longer: the terminal wraps what is typed.
  expect(lines.filter((line) => line.length > 80 && !line.startsWith('$ '))).toEqual([]);
});
