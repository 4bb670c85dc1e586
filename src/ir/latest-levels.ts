import { at } from '../lookup.ts';
import { type ArrivalRules, arrivalsIn, outputArrival } from './arrival.ts';
import { type Circuit, liveNodes } from './graph.ts';

/**
 * For each node the level at which it may be there at the latest, if the last output is to be there when it is now.
 * What no output depends on may come with the last one.
 */
export function latestLevels(circuit: Circuit, rules: ArrivalRules): readonly number[] {
  const arrivals = arrivalsIn(circuit, rules);
  const live = liveNodes(circuit);
  const latest = new Array<number>(circuit.nodes.length).fill(outputArrival(circuit, rules).level);
  for (const { id, args } of circuit.nodes.toReversed()) {
    if (!live[id]) continue;
    const operands = args.reduce((most, arg) => Math.max(most, arrivals.of(arg).level), 0);
    const steps = Math.max(0, arrivals.of(id).level - operands);
    for (const arg of args) latest[arg] = Math.min(at(latest, arg), at(latest, id) - steps);
  }
  return latest;
}
