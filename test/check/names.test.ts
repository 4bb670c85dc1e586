import { describe, expect, it } from 'vitest';
import { CircuitFiles } from '../../src/arrays/circuit-files.ts';
import { linkFiles } from '../../src/check/link-files.ts';
import { resolveNames } from '../../src/check/names.ts';
import { defined } from '../../src/lookup.ts';
import type { For, Ident } from '../../src/syntax/ast.ts';

function resolved(text: string) {
  const linked = linkFiles({ file: 'names.circ', text }, new CircuitFiles());
  const { program } = linked.main;
  const codes: string[] = [];
  const resolution = resolveNames(linked, ({ code }) => codes.push(code));
  const { bindings } = resolution;
  /** Names in the order of the text, each with the location of its declaration. */
  const leads = [...bindings]
    .sort(([a], [b]) => a.span.start - b.span.start)
    .map(([name, binding]) => `${name.name}${binding.index}`);
  return { ...resolution, program, codes, leads };
}

const loops = (items: readonly { readonly kind: string }[]): readonly For[] =>
  items.flatMap((item) => (item.kind === 'for' ? [item as For, ...loops((item as For).body)] : []));

describe('names', () => {
  it('refer to one declaration each, to inner before outer ones', () => {
    const { leads, codes } = resolved(
      'input x: cipher; let y = x; fn f(x) { let z = x; return z + y; } output o = f(x) + y;',
    );
    expect(codes).toEqual([]);
    // x and y; f with its own x and z; then f, x and y of the program.
    expect(leads).toEqual(['x0', 'y1', 'x0', 'f2', 'x3', 'z4', 'x3', 'z4', 'y1', 'f2', 'x0', 'y1']);
  });

  it('refer to none if they are unknown, declared later, or built in', () => {
    const { leads, codes } = resolved('let a = sum(b); let b = c; output o = a;');
    expect(codes).toEqual(['unknown-name', 'unknown-name']);
    expect(leads).toEqual(['a0', 'b1', 'a0']);
  });

  it('refer to the last of several declarations', () => {
    const { leads, codes } = resolved('let a = 1; let a = 2; output o = a;');
    expect(codes).toEqual(['redeclared']);
    expect(leads).toEqual(['a0', 'a1', 'a1']);
  });

  it('at the top level are globals, those of blocks and functions are not', () => {
    const { globals } = resolved(
      'input x: cipher; fn f(a) = a; var v = x; for i in 0..2 { let w = v; v = w; } output v;',
    );
    expect(globals.map(({ name }: Pick<Ident, 'name'>) => name)).toEqual(['x', 'f', 'v']);
  });
});

describe('a loop carries', () => {
  it('every var from outside that it or a loop in it assigns, each once', () => {
    const { carried, program } = resolved(`input x: cipher; var a = x; var b = x; var c = x;
      for i in 0..2 { var own = b; own = own + c; for j in 0..2 { a = a + own; own = x; } b = a; a = b; }
      output o = a;`);
    const names = loops(program.items).map((loop) =>
      defined(carried.get(loop)).map(({ name }) => name),
    );
    expect(names).toEqual([
      ['a', 'b'],
      ['a', 'own'],
    ]);
  });
});
