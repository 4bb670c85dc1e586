/** A drawing with more edges takes many seconds to lay out, and nobody can read it. */
export const MOST_EDGES = 2000;

/** How many edges a Graphviz drawing has, an edge to a line. */
export function edgesOf(dot: string): number {
  return dot.match(/^ {2}\w+ -> \w+/gm)?.length ?? 0;
}

/**
 * Lays a Graphviz drawing out, as an SVG document. Graphviz, compiled to WebAssembly, is loaded only when it is needed.
 *
 * @throws Error if Graphviz does not understand the drawing
 */
export async function dotToSvg(dot: string): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  return (await instance()).renderString(dot, { format: 'svg' });
}
