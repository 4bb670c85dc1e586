import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { WholeFile } from '../../src/files/whole-file.ts';
import { workspace } from '../cli/support.ts';
import { coded } from '../support/coded.ts';

const space = workspace();
afterAll(() => space.remove());

/** Returns a path in a new directory. */
function at(name: string): string {
  const directory = join(space.path, `${Math.random()}`);
  mkdirSync(directory);
  return join(directory, name);
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const namesBeside = (path: string): readonly string[] => readdirSync(join(path, '..'));

test('a file has its name only when it is complete', () => {
  const path = at('a');
  const file = new WholeFile(path);
  file.write(bytes('one '));
  expect(namesBeside(path)).toEqual([expect.stringMatching(/^a\.[0-9a-f]{12}\.tmp$/)]);
  file.write(bytes('two'));
  file.complete();
  file.commit();
  file.discard();
  expect(namesBeside(path)).toEqual(['a']);
  expect(readFileSync(path, 'utf8')).toBe('one two');
});

test('a discarded file leaves nothing behind', () => {
  const path = at('a');
  const file = new WholeFile(path);
  file.write(bytes('one'));
  file.discard();
  expect(namesBeside(path)).toEqual([]);
});

test('a file that was created meanwhile is not replaced', () => {
  const path = at('a');
  const file = new WholeFile(path);
  writeFileSync(path, 'other');
  file.complete();
  expect(() => file.commit()).toThrow('the file exists already');
  expect(namesBeside(path)).toEqual(['a']);
  expect(readFileSync(path, 'utf8')).toBe('other');
});

test('a file is replaced only if allowed, and keeps the old mode only if asked to', () => {
  const path = at('a');
  writeFileSync(path, 'old', { mode: 0o600 });
  expect(() => new WholeFile(path)).toThrow('the file exists already');
  const usual = at('usual');
  writeFileSync(usual, '');
  for (const keepRights of [true, false]) {
    const file = new WholeFile(path, { force: true, keepRights });
    file.write(bytes('new'));
    file.complete();
    file.commit();
    expect(statSync(path).mode).toBe(keepRights ? 0o100600 : statSync(usual).mode);
  }
});

test('a path that cannot be created is an error of the system, not of shoal', () => {
  const path = at('a');
  writeFileSync(path, 'old');
  expect(() => new WholeFile(join(path, 'b'))).toThrow(coded('cannot-write'));
  const loop = at('loop');
  symlinkSync('loop', loop);
  expect(() => new WholeFile(loop)).toThrow('the file exists already');
});
