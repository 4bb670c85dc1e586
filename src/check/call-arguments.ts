import type { Call } from '../syntax/ast.ts';
import type { Span } from '../syntax/diagnostic.ts';

/** Returns the span of an argument of a call, by its position. */
export function argumentSpan(call: Call, position: number): Span {
  return call.args[position]?.span ?? call.span;
}
