import { LAYERS, type Layer } from '../layers/layers.ts';

/** The lines of docs/architecture.md around the table of layers. */
const MARKERS = {
  from: '<!-- the table of layers, written by `npm run docs` -->',
  to: '<!-- end of the table of layers -->',
} as const;

function pathOf({ path }: Layer): string {
  return path.endsWith('.ts') ? `\`${path}\`` : `\`${path}/\``;
}

function row(layer: Layer): string {
  const { conversion, sentence, invariant } = layer;
  const chain = conversion ? `${conversion.takes.join(', ')} → ${conversion.gives}` : '';
  return `| ${pathOf(layer)} | ${chain} | ${sentence} | ${invariant} |`;
}

/** Returns docs/architecture.md with its table of layers replaced. */
export function withLayersTable(page: string): string {
  const [from, to] = [page.indexOf(MARKERS.from), page.indexOf(MARKERS.to)];
  if (from < 0 || to < from) throw new Error('docs/architecture.md has no lines for the table');
  const head = [
    '| layer | from → to | what it does | what always holds |',
    '| --- | --- | --- | --- |',
  ];
  const table = [...head, ...LAYERS.map(row)].join('\n');
  return `${page.slice(0, from)}${MARKERS.from}\n\n${table}\n\n${page.slice(to)}`;
}

/**
 * Returns the chain of layers as a Graphviz drawing: values as plain text, and layers as boxes
 * between them.
 */
export function layersDot(): string {
  const chain = LAYERS.flatMap(({ path, conversion }) =>
    conversion ? [{ path, ...conversion }] : [],
  );
  const values = [...new Set(chain.flatMap(({ takes, gives }) => [...takes, gives]))];
  const lines = [
    'digraph layers {',
    '  nodesep = 0.3; ranksep = 0.2; bgcolor = transparent;',
    '  node [fontname = "sans-serif", fontsize = 11, color = "#808080", fontcolor = "#808080"];',
    '  edge [color = "#808080", arrowsize = 0.6];',
    ...values.map((value) => `  "${value}" [shape = plaintext, fontsize = 12];`),
    ...chain.map(
      ({ path }) =>
        `  "${path}/" [shape = box, style = rounded, height = 0.3, margin = "0.2,0.05"];`,
    ),
    ...chain.flatMap(({ path, takes, gives }) => [
      ...takes.map((value) => `  "${value}" -> "${path}/";`),
      `  "${path}/" -> "${gives}";`,
    ]),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}
