import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SAMPLED, someOf } from '../support/sampling.ts';
import { root } from './support.ts';

const fence = /```console\n([\s\S]*?)```/g;
/** A command and the lines that continue it: each line before ends with a backslash. */
const command = /^\$ (?:.*\\\n)*.*$/gm;

/**
 * What the shell prints for a command of the documentation, whose `/tmp` is the folder `scratch`.
 */
function outputOf(line: string, scratch: string): string {
  // `shoal` as a command, not as the end of a file name.
  const command = line
    .replaceAll('/tmp/', `${scratch}/`)
    .replace(/(?<![\w./-])(npx )?shoal /g, `"${process.execPath}" src/bin.ts `);
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const { stdout } = spawnSync('bash', ['-c', `{ ${command}\n} 2>&1`], {
    cwd: root,
    encoding: 'utf8',
    env,
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  return stdout
    .replaceAll(`${scratch}/`, '/tmp/')
    .split('\n')
    .map((row) => row.trimEnd())
    .join('\n');
}

/** Replaces what differs between runs: times, memory, noise, and the widths of columns. */
function settled(text: string): string {
  return text
    .replace(/\d+(\.\d+)? (ms|s)\b/g, '# ms')
    .replace(/\d+(\.\d+)? %/g, '# %')
    .replace(/at most # % \(\w+, N = \d+, \d+ primes?\)/g, 'at most # % (#)')
    .replace(/process \d+(\.\d+)? MiB/g, 'process # MiB')
    .replace(/"(setup|keygen|encrypt|evaluate|decrypt|ms|peakRssBytes)": [\d.e-]+/g, '"$1": #')
    .replace(/"max(Abs|Rel)Error": [\d.e-]+/g, '"max$1Error": #')
    .replace(/^error .*$/gm, 'error #')
    .replace(/\b\d+(\.\d+)?e-\d+/g, '#')
    .replace(/"(predictedError|y)": 0\.0000\d+/g, '"$1": #')
    .replace(/-?\d+\.\d{5,}/g, (number) => `${Number(Number(number).toFixed(4))}`)
    .replace(/,\n +/g, ', ')
    .replace(/ +/g, ' ');
}

/**
 * Pages with the number of their blocks in a sample, which has all if they build on one another.
 * UPDATE_DOCS=1 writes the new outputs; read the difference before you commit it.
 */
test.each([
  ['README.md', 1],
  ['docs/cli.md', 5],
  ['docs/deployment.md', Number.POSITIVE_INFINITY],
  ['docs/optimizer.md', 2],
  ['docs/tutorial.md', Number.POSITIVE_INFINITY],
])('%s shows what the commands print', { ...SAMPLED, timeout: 300_000 }, (page, inSample) => {
  const file = join(root, page);
  const text = readFileSync(file, 'utf8');
  const blocks = new Set(someOf(text.match(fence) ?? [], inSample));
  const scratch = mkdtempSync(join(tmpdir(), 'shoal-docs-'));
  const made = text.replace(fence, (whole, block: string) => {
    if (!blocks.has(whole)) return whole;
    const commands = block.match(command) ?? [];
    return `\`\`\`console\n${commands.map((line) => `${line}\n${outputOf(line.slice(2), scratch)}`).join('')}\`\`\``;
  });
  rmSync(scratch, { recursive: true });
  if (process.env.UPDATE_DOCS) writeFileSync(file, made);
  else expect(settled(made)).toBe(settled(text));
});
