import { at } from '../lookup.ts';
import { type ArrivalRules, arrivalsIn, outputArrival } from './arrival.ts';
import { type Circuit, liveNodes } from './graph.ts';

/**
 * Returns, for each node, the latest arrival level at which the last output arrives at a goal, by
 * default when it does now. A node that no output depends on may arrive with the last output.
 */
export function latestLevels(
  circuit: Circuit,
  rules: ArrivalRules,
  goal = outputArrival(circuit, rules).level,
): readonly number[] {
  const arrivals = arrivalsIn(circuit, rules);
  const live = liveNodes(circuit);
  const latest = new Array<number>(circuit.nodes.length).fill(goal);
  for (const { id, args } of circuit.nodes.toReversed()) {
    if (!live[id]) continue;
    const operands = args.reduce((most, arg) => Math.max(most, arrivals.of(arg).level), 0);
    const added = Math.max(0, arrivals.of(id).level - operands);
    for (const arg of args) latest[arg] = Math.min(at(latest, arg), at(latest, id) - added);
  }
  return latest;
}
