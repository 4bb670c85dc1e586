import { describe, expect, test } from 'vitest';
import { buildCircuit } from '../../src/build/build-circuit.ts';
import { check } from '../../src/check/check-program.ts';
import { evaluateCircuit, FLOATS } from '../../src/ir/evaluate-circuit.ts';
import { defined } from '../../src/lookup.ts';
import {
  CircuitError,
  MAX_LENGTH,
  placeAt,
  positionAt,
  spanText,
} from '../../src/syntax/diagnostic.ts';
import { counting, type Nested, nested } from './support.ts';

type Files = Readonly<Record<string, string>>;

/** Checks a program whose files are in memory. */
function checkedWith(text: string, files: Files) {
  const asked: string[] = [];
  const resolve = (path: string) => {
    asked.push(path);
    const found = files[path];
    if (found === undefined) throw new Error('there is none');
    return new TextEncoder().encode(found);
  };
  return { program: check({ file: 'folder/main.circ', text, files: { resolve } }), asked };
}

/** Returns output y of a program in which each input counts from 1. */
function value(text: string, files: Files): Nested {
  const circuit = buildCircuit(checkedWith(text, files).program);
  const shapes = new Map(circuit.inputs.map(({ name, shape }) => [name, shape]));
  const outputs = evaluateCircuit(circuit, FLOATS, (name) => {
    const shape = defined(shapes.get(name));
    return { shape, data: counting(shape) };
  });
  return nested(defined(outputs.get('y')));
}

/** Returns each error as `file:line code marked text`. */
function errors(text: string, files: Files): readonly string[] {
  try {
    checkedWith(text, files);
    return [];
  } catch (error) {
    if (!(error instanceof CircuitError)) throw error;
    const { source } = error;
    return error.diagnostics.map(({ code, span }) => {
      const { line } = positionAt(source, span.start);
      const { file } = placeAt(source, span.start).source;
      return `${file}:${line} ${code} ${spanText(source, span)}`;
    });
  }
}

describe('include', () => {
  test('takes functions and consts', () => {
    const files = { 'lib.circ': 'const r = [1, 2]; fn f(a) = a + r[1];' };
    expect(value('include "lib.circ"; input x: cipher; output y = r * f(x);', files)).toEqual([
      3, 6,
    ]);
  });

  test('is relative to the file that includes, and reads each file once', () => {
    const files = {
      'a/one.circ': 'include "two.circ"; include "../b/three.circ"; fn one(a) = two(a) + three(a);',
      'a/two.circ': 'include "../b/three.circ"; fn two(a) = 2 * three(a);',
      'b/three.circ': 'const c = 5; fn three(a) = a + c;',
    };
    const text =
      'include "a/one.circ"; include "b/three.circ"; include "a/one.circ"; input x: cipher; output y = [one(x), three(x)];';
    expect(value(text, files)).toEqual([18, 6]);
    expect(checkedWith(text, files).asked).toEqual([
      ...['a/one.circ', 'b/three.circ', 'a/two.circ'],
    ]);
  });

  test('takes nothing that the included file itself includes, nor its params', () => {
    const files = {
      'one.circ': 'include "two.circ"; param n = 3; const m = 2*n; fn one(a) = a * two() * m;',
      'two.circ': 'fn two() = 7;',
    };
    expect(value('include "one.circ"; input x: cipher; output y = one(x);', files)).toBe(42);
    expect(errors('include "one.circ"; output y = n;', files)).toEqual([
      'folder/main.circ:1 unknown-name n',
    ]);
    // A param of the same name in the main file is another one.
    expect(value('param n = 100; include "one.circ"; output y = m + n;', files)).toBe(106);
  });

  test('may go round in circles', () => {
    const files = {
      'a.circ': 'include "b.circ"; fn a(x) = x + 1;',
      'b.circ': 'include "a.circ"; fn b(x) = 2 * x;',
    };
    expect(value('include "a.circ"; include "b.circ"; output y = a(b(3));', files)).toBe(7);
  });

  test('functions read the globals of their own file', () => {
    const files = { 'lib.circ': 'const scale = 3; fn f(a) = scale * a;' };
    const text =
      'input x: cipher; fn g(scale) = scale; include "lib.circ"; output y = f(x) + g(10);';
    expect(value(text, files)).toBe(13);
  });

  test('of names that are taken is an error', () => {
    const files = { 'lib.circ': 'const n = 1;\nfn f(a) = a;', 'same.circ': 'fn f(a) = 2*a;' };
    expect(errors('let n = 2; include "lib.circ"; output y = n;', files)).toEqual([
      'folder/main.circ:1 redeclared "lib.circ"',
    ]);
    expect(errors('include "lib.circ"; include "same.circ"; output y = f(1);', files)).toEqual([
      'folder/main.circ:1 redeclared "same.circ"',
    ]);
    expect(errors('include "lib.circ"; fn f(a) = a; output y = f(1);', files)).toEqual([
      'folder/main.circ:1 redeclared f',
    ]);
  });

  test('names are visible from the include on', () => {
    const files = { 'lib.circ': 'fn twice(a) = 2 * a;' };
    expect(errors('output y = twice(1); include "lib.circ";', files)).toEqual([
      'folder/main.circ:1 unknown-function twice',
    ]);
    // User names may shadow built-ins, those of included files too.
    const mean = { 'lib.circ': 'fn mean(a) = 100 * a;' };
    expect(
      value('let a = mean([1, 3]); include "lib.circ"; output y = [a, mean(1)];', mean),
    ).toEqual([...[2, 100]]);
  });

  test('has only functions, consts, params and includes', () => {
    const files = { 'lib.circ': 'fn f(a) = a;\ninput z: cipher;\nlet b = 1;\noutput z;' };
    expect(errors('include "lib.circ"; output y = f(1);', files)).toEqual([
      'folder/lib.circ:2 not-shared input z: cipher;',
      'folder/lib.circ:3 not-shared let b = 1;',
      'folder/lib.circ:4 not-shared output z;',
    ]);
  });

  test('errors of included files name their places', () => {
    const files = { 'lib.circ': 'fn f(a) =\n  1 / a;\nfn g(a) = nothing;\nconst c = 2 +;' };
    expect(errors('include "lib.circ"; input x: cipher; output y = f(x);', files)).toEqual([
      'folder/lib.circ:2 division-by-cipher 1 / a',
      'folder/lib.circ:3 unknown-name nothing',
      'folder/lib.circ:4 expected-expression ;',
    ]);
  });

  test('of a file that cannot be read, or that may not be', () => {
    const include = (path: string) => errors(`include "${path}"; output y = 1;`, {});
    expect(include('lib.circ')).toEqual(['folder/main.circ:1 unreadable-file "lib.circ"']);
    expect(include('../lib.circ')).toEqual(['folder/main.circ:1 file-outside "../lib.circ"']);
    expect(include('/lib.circ')).toEqual(['folder/main.circ:1 bad-path "/lib.circ"']);
  });

  test('that are too long together are refused', () => {
    // Two limits of one file's length for all of them.
    const names = ['a.circ', 'b.circ', 'c.circ'];
    const blank = ' '.repeat((3 * MAX_LENGTH) / 4);
    const text = `${names.map((name) => `include "${name}";`).join(' ')} output y = 1;`;
    expect(errors(text, Object.fromEntries(names.map((name) => [name, blank])))).toEqual([
      'folder/main.circ:1 file-too-large "c.circ"',
    ]);
  });
});

describe('load', () => {
  const files = { 'w.json': '[[1, 2], [3, 4.5]]', 'data/v.csv': '1\n0.1\n', 'n.json': '2' };

  test('gives a constant', () => {
    expect(value('const W = load("w.json"); input x: cipher; output y = x * W[1];', files)).toEqual(
      [...[3, 4.5]],
    );
    expect(value('input x: cipher; output y = x * sum(load("w.json"));', files)).toBe(10.5);
    expect(value('param n = load("n.json"); input v: cipher[n]; output y = v;', files)).toEqual([
      ...[1, 2],
    ]);
  });

  test('has the decimal numbers that are written', () => {
    const text = 'const v = flatten(load("data/v.csv")); output y = v[1] * 10 == 1;';
    expect(value(text, files)).toBe(1);
  });

  test('is relative to the file that it is in', () => {
    const included = {
      ...files,
      'data/lib.circ': 'const v = load("v.csv"); fn f() = load("../n.json");',
    };
    expect(value('include "data/lib.circ"; output y = f() + sum(v);', included)).toBe(3.1);
  });

  test('may be a name', () => {
    expect(value('fn load(a) = 2 * a; output y = load(3);', {})).toBe(6);
  });

  test('of a file that is no array, or cannot be read, or in a wrong place', () => {
    const bad = { 'a.json': '{"a": 1}', 'b.csv': '1,x\n', 'c.txt': '1' };
    const load = (path: string) => errors(`const a = load("${path}"); output y = 1;`, bad);
    expect(load('a.json')).toEqual(['folder/main.circ:1 not-an-array "a.json"']);
    expect(load('b.csv')).toEqual(['folder/main.circ:1 not-csv "b.csv"']);
    expect(load('c.txt')).toEqual(['folder/main.circ:1 not-an-array "c.txt"']);
    expect(load('d.npy')).toEqual(['folder/main.circ:1 unreadable-file "d.npy"']);
    expect(errors('output y = load("w.json", 1);', files)).toEqual([
      'folder/main.circ:1 wrong-arguments load',
    ]);
  });
});
