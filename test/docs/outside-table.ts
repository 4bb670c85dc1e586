import { compile } from '../../src/compile/compile.ts';
import {
  OUTSIDE_PROGRAMS,
  type OutsideProgram,
  outsideText,
  type PublicationSource,
  SOURCES,
} from '../outside/outside-programs.ts';
import { sentenceOf } from './circuits-page.ts';
import { withTable } from './command-tables.ts';

const HEAD = [
  'program',
  'compiler',
  'published depth',
  'published products',
  'published rotations',
  'depth here',
  'levels',
  'products',
  'rotations',
  'predicted ms',
];

/** The optimization levels of the table, the default last. */
const LEVELS = [0, 2, 3] as const;

/** Returns the cells of a program. */
export function outsideRow(program: OutsideProgram): readonly string[] {
  const { name, compiler, published } = program;
  const text = outsideText(program);
  const forms = LEVELS.map(
    (optimizationLevel) => compile({ file: `${name}.circ`, text }, { optimizationLevel }).optimized,
  );
  const cells = (figure: (form: (typeof forms)[number]) => number | null | undefined) =>
    forms.map((form) => figure(form) ?? '–').join(', ');
  const sentence = sentenceOf(name, text).replace(/[*|]/g, '\\$&');
  return [
    `[${name}](../test/outside/${name}.circ): ${sentence}`,
    compiler,
    ...[published.depth, published.mul, published.rotate].map((figure) => `${figure ?? ''}`),
    cells(({ measures }) => measures.depth),
    cells(({ measures }) => measures.levels),
    cells(({ measures }) => measures.ops.mul),
    cells(({ measures }) => measures.ops.rotate),
    cells(({ ms }) => ms && Math.round(ms)),
  ];
}

/** Returns docs/optimizer.md with the tables of outside programs and of their sources replaced. */
export function withOutsideTable(page: string): string {
  const rows = OUTSIDE_PROGRAMS.map(outsideRow);
  return withTable(withTable(page, 'outside programs', [HEAD, ...rows]), 'publications', [
    ['compiler', 'publication', 'figures'],
    ...Object.entries(SOURCES).map(sourceRow),
  ]);
}

function sourceRow([compiler, source]: [string, PublicationSource]): readonly string[] {
  return [compiler, source.publication, source.figures ?? ''];
}
