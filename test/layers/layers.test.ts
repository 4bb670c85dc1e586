import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { expectNoComplaints } from '../support/complaints.ts';
import { circlesOf, filesBelow, type Imports, importsIn, importsOf, sources } from './imports.ts';
import { LAYERS } from './layers.ts';

const files = filesBelow(sources);
const imports: ReadonlyMap<string, Imports> = new Map(
  files.map((path) => [path, importsOf(sources, path)]),
);

/** Returns the layer of a file: the one with the longest path that is a prefix of its path. */
function layerOf(file: string) {
  const containing = LAYERS.filter(({ path }) => file === path || file.startsWith(`${path}/`));
  return containing.toSorted((a, b) => b.path.length - a.path.length)[0];
}

/** Returns a message for each forbidden import of a file. */
function faultsOf(file: string, { files: imported, packages, node }: Imports): readonly string[] {
  const layer = layerOf(file);
  if (!layer) return [`src/${file} is in no layer of test/layers/layers.ts`];
  const upward = imported.flatMap((other) => {
    const below = layerOf(other);
    if (!below) return [`src/${file} imports src/${other}, which is in no layer`];
    if (below === layer) return [];
    if (LAYERS.indexOf(below) > LAYERS.indexOf(layer))
      return [`src/${file} imports src/${other}: ${layer.path} comes before ${below.path}`];
    const { only } = layer;
    if (only && !below.isCommon && !only.includes(below.path))
      return [`src/${file} imports src/${other}: ${layer.path} may import only ${only.join(', ')}`];
    return [];
  });
  const foreign = packages
    .filter((name) => layer.packages && !layer.packages.includes(name))
    .map((name) => `src/${file} imports the package ${name}, which ${layer.path} may not import`);
  const peculiar = layer.usesNode
    ? []
    : node.map((name) => `src/${file} uses ${name}: only src/platform and src/cli may use Node`);
  return [...upward, ...foreign, ...peculiar];
}

describe('the layers of src/', () => {
  it('exist, and are listed once', () => {
    const paths = LAYERS.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.filter((path) => !existsSync(join(sources, path)))).toEqual([]);
  });

  it('import only earlier layers, and only those that they list', () => {
    expect([...imports].flatMap(([file, own]) => faultsOf(file, own))).toEqual([]);
  });

  it('list no layer and no package that they do not use', () => {
    const unused = LAYERS.flatMap(({ path, only = [], packages = [] }) => {
      const own = [...imports].filter(([file]) => layerOf(file)?.path === path);
      const layers = new Set(own.flatMap(([, { files }]) => files.map((f) => layerOf(f)?.path)));
      const used = new Set(own.flatMap(([, imported]) => imported.packages));
      return [
        ...only.filter((name) => !layers.has(name)),
        ...packages.filter((p) => !used.has(p)),
      ].map((name) => `${path}: ${name}`);
    });
    expect(unused).toEqual([]);
  });

  it('have no file that nothing imports', () => {
    const imported = new Set([...imports.values()].flatMap((own) => own.files));
    const isStart = (file: string) => file === 'bin.ts' || file.startsWith('examples/');
    const unused = files.filter((file) => !imported.has(file) && !isStart(file));
    expectNoComplaints(
      unused.map((file) => {
        const list = layerOf(file)?.list;
        return `no file imports src/${file}${list ? `; src/${list} lists such files` : ''}`;
      }),
    );
  });

  it('have no circular imports, not even of types', () => {
    expect(circlesOf(imports)).toEqual([]);
  });
});

describe('the check of layers finds', () => {
  const imported = (text: string) => importsIn('packing/pack.ts', text);
  const faults = (text: string) => faultsOf('packing/pack.ts', imported(text));

  test.each([
    [
      "import { a } from '../cost/cost-model.ts';",
      'src/packing/pack.ts imports src/cost/cost-model.ts: packing comes before cost',
    ],
    ["import type { A } from '../cost/cost-model.ts';", 'packing comes before cost'],
    ["export type { A } from '../cost/cost-model.ts';", 'packing comes before cost'],
    ["const a = await import('../cost/cost-model.ts');", 'packing comes before cost'],
    ["type A = import('../cost/cost-model.ts').A;", 'packing comes before cost'],
    ["new URL('../cost/cost-model.ts', import.meta.url);", 'packing comes before cost'],
    [
      "import { a } from '../check/walk.ts';",
      'packing may import only tensor, syntax, ir, algebra, plan',
    ],
    ["import { a } from '../nowhere/a.ts';", 'which is in no layer'],
    ["import fs from 'node:fs';", 'uses node:fs'],
    ['const a = process.argv;', 'uses process'],
    ['function f() { console.log(1); }', 'uses console'],
    ['const a = Buffer.from([]);', 'uses Buffer'],
  ])('%s', (text, fault) => {
    expect(faults(text)).toEqual([expect.stringContaining(fault)]);
  });

  test.each([
    "// import { a } from '../cost/cost-model.ts';",
    "import { a } from '../plan/plan.ts';",
    'const o = { process: 1 }; o.process;',
    "const text = 'process and console';",
  ])('nothing in %s', (text) => {
    expect(faults(text)).toEqual([]);
  });

  test('a circle of two files, one of them by type', () => {
    const circle = new Map([
      ['a.ts', importsIn('a.ts', "import { b } from './b.ts';")],
      ['b.ts', importsIn('b.ts', "import type { A } from './a.ts';")],
      ['c.ts', importsIn('c.ts', "import { a } from './a.ts';")],
    ]);
    expect(circlesOf(circle).map((files) => files.toSorted())).toEqual([['a.ts', 'b.ts']]);
  });
});
