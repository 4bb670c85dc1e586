import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinPath } from '../../src/arrays/join-path.ts';

describe('a path is relative to the folder of the including file', () => {
  test.each([
    ['', 'w.npy', 'w.npy'],
    ['main.circ', 'w.npy', 'w.npy'],
    ['', './a//b/./w.npy', 'a/b/w.npy'],
    ['lib/f.circ', 'w.npy', 'lib/w.npy'],
    ['lib/f.circ', '../w.npy', 'w.npy'],
    ['a/b/f.circ', '../../c/../w.npy', 'w.npy'],
    ['a/f.circ', '../a/w.npy', 'a/w.npy'],
    ['', 'a/..b/...c/w.npy', 'a/..b/...c/w.npy'],
    ['', 'Gewichte für β.npy', 'Gewichte für β.npy'],
    ['', '%2e%2e/w.npy', '%2e%2e/w.npy'],
    ['', 'a~1/w.npy', 'a~1/w.npy'],
    ['', 'console.circ', 'console.circ'],
    ['', 'std/bits.circ', 'std/bits.circ'],
    ['', 'lib/std/bits', 'lib/std/bits'],
    ['lib/f.circ', 'std/bits', 'std/bits'],
    ['std/bits', 'std/linear-algebra2', 'std/linear-algebra2'],
  ])('in %j, %s is %s', (file, path, joined) => {
    expect(joinPath(file, path)).toBe(joined);
  });
});

const REFUSED: readonly (readonly [file: string, path: string, message: string])[] = [
  ['', '', 'the path is empty'],
  ['', '..', 'the path names a folder'],
  ['', '.', 'the path names a folder'],
  ['', 'a/', 'the path names a folder'],
  ['', 'a/..', 'the path names a folder'],
  ['a/b.circ', '..', 'the path names a folder'],
  ['', '../w.npy', '`..` leads out'],
  ['', 'a/../../w.npy', '`..` leads out'],
  ['a/b.circ', '../../w.npy', '`..` leads out'],
  ['', 'a/../../here/w.npy', '`..` leads out'],
  ['', '/etc/passwd', 'the path is absolute'],
  ['', '//server/share', 'the path is absolute'],
  ['', 'C:\\w.npy', 'the path has a `\\`'],
  ['', '\\\\server\\share', 'the path has a `\\`'],
  ['', '..\\w.npy', 'the path has a `\\`'],
  ['', 'C:/w.npy', 'the path has a `:`'],
  ['', 'c:w.npy', 'the path has a `:`'],
  ['', 'file:///etc/passwd', 'the path has a `:`'],
  ['', 'https://example.org/w.npy', 'the path has a `:`'],
  ['', 'data:text/csv,1', 'the path has a `:`'],
  ['', 'w.npy:stream', 'the path has a `:`'],
  ['', '~/w.npy', 'the path begins with `~`'],
  ['', '~root/w.npy', 'the path begins with `~`'],
  ['', 'a\0.npy', 'cannot be shown'],
  ['', 'a\n.npy', 'cannot be shown'],
  ['', 'a\u202e.npy', 'cannot be shown'],
  ['', 'a\u009b.npy', 'cannot be shown'],
  ['', 'a\ud800.npy', 'cannot be shown'],
  ['', 'NUL', '`NUL` is the name of a device'],
  ['', 'a/con.circ', '`con.circ` is the name of a device'],
  ['', 'aux /b', '`aux ` is the name of a device'],
  ['', 'COM1.npy', '`COM1.npy` is the name of a device'],
  ['', 'lpt³.npy', '`lpt³.npy` is the name of a device'],
  ['', 'CONIN$', '`CONIN$` is the name of a device'],
  ['', '.. /w.npy', 'ends in a dot or a blank'],
  ['', 'a./w.npy', 'ends in a dot or a blank'],
  ['', '.../w.npy', 'ends in a dot or a blank'],
  ['', 'w.npy ', 'ends in a dot or a blank'],
  ['', 'a'.repeat(1025), 'more than 1024 characters'],
  [`${'a/'.repeat(400)}f.circ`, `${'b/'.repeat(200)}w.npy`, 'more than 1024 characters'],
  ['', './std/bits', '`std/bits` is a name of the standard library'],
  ['std/f.circ', 'bits', '`std/bits` is a name of the standard library'],
  ['std/bits', 'w.npy', 'a file of the standard library includes only others'],
  ['std/bits', '../w.npy', 'a file of the standard library includes only others'],
];

test.each(REFUSED)('in %j, %j is refused', (file, path, message) => {
  const outside = message.startsWith('`..`');
  expect(joinPath(file, path)).toEqual({
    code: outside ? 'file-outside' : 'bad-path',
    message: expect.stringContaining(message),
  });
});

test('any path is refused, or joined to one that is its own', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'std', 'a', 'bits'), fc.string());
  const path = fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(path, path, (folder, name) => {
      const file = joinPath('', `${folder}/f.circ`);
      const joined = joinPath(typeof file === 'string' ? file : '', name);
      if (typeof joined !== 'string') return;
      expect(joinPath('', joined)).toBe(joined);
      expect(joined.split('/')).not.toContain('..');
      expect(joined.startsWith('/')).toBe(false);
    }),
  );
});
