import { LAYERS, type Layer } from '../layers/layers.ts';

/** Lines of docs/architecture.md between which the table of layers stands. */
const MARKERS = {
  from: '<!-- the table of layers, written by `npm run docs` -->',
  to: '<!-- end of the table of layers -->',
} as const;

function pathOf({ path }: Layer): string {
  return path.endsWith('.ts') ? `\`${path}\`` : `\`${path}/\``;
}

function row(layer: Layer): string {
  const { step, sentence, invariant } = layer;
  const chain = step ? `${step.takes.join(', ')} → ${step.gives}` : '';
  return `| ${pathOf(layer)} | ${chain} | ${sentence} | ${invariant} |`;
}

/** docs/architecture.md with the table of layers in its place. */
export function withLayersTable(page: string): string {
  const [from, to] = [page.indexOf(MARKERS.from), page.indexOf(MARKERS.to)];
  if (from < 0 || to < from) throw new Error('docs/architecture.md has no place for the table');
  const head = [
    '| layer | from → to | what it is | what holds for it |',
    '| --- | --- | --- | --- |',
  ];
  const table = [...head, ...LAYERS.map(row)].join('\n');
  return `${page.slice(0, from)}${MARKERS.from}\n\n${table}\n\n${page.slice(to)}`;
}

/**
 * The chain of layers as a Graphviz drawing: values are plain text, layers are boxes between them, and what
 * serves several of them stands beside the chain.
 */
export function layersDot(): string {
  const steps = LAYERS.flatMap(({ path, step }) => (step ? [{ path, ...step }] : []));
  const values = [...new Set(steps.flatMap(({ takes, gives }) => [...takes, gives]))];
  const lines = [
    'digraph layers {',
    '  nodesep = 0.3; ranksep = 0.2; bgcolor = transparent;',
    '  node [fontname = "sans-serif", fontsize = 11, color = "#808080", fontcolor = "#808080"];',
    '  edge [color = "#808080", arrowsize = 0.6];',
    ...values.map((value) => `  "${value}" [shape = plaintext, fontsize = 12];`),
    ...steps.map(
      ({ path }) =>
        `  "${path}/" [shape = box, style = rounded, height = 0.3, margin = "0.2,0.05"];`,
    ),
    ...steps.flatMap(({ path, takes, gives }) => [
      ...takes.map((value) => `  "${value}" -> "${path}/";`),
      `  "${path}/" -> "${gives}";`,
    ]),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}
