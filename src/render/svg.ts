/** Limit on edges: a larger drawing takes many seconds to lay out, and is unreadable. */
export const MOST_EDGES = 2000;

/** Counts the edges of a Graphviz drawing, which has one edge per line. */
export function edgesOf(dot: string): number {
  return dot.match(/^ {2}\w+ -> \w+/gm)?.length ?? 0;
}

/**
 * Renders a Graphviz drawing as an SVG document. Loads Graphviz, compiled to WebAssembly, when it
 * is called.
 *
 * @throws Error if Graphviz does not understand the drawing
 */
export async function dotToSvg(dot: string): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  return (await instance()).renderString(dot, { format: 'svg' });
}
