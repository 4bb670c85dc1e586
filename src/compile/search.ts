import type { CheckedProgram } from '../check/check-program.ts';
import { outputArrival } from '../ir/arrival.ts';
import type { Circuit } from '../ir/graph.ts';
import { printCircuit } from '../ir/print-circuit.ts';
import { at } from '../lookup.ts';
import { isLongToPack } from '../packing/packings.ts';
import type { Pass } from '../passes/pass.ts';
import type { PassContext } from '../passes/pass-context.ts';
import { FINAL_PASSES, RECIPES, type Recipe } from '../passes/pass-list.ts';
import { release } from '../passes/release.ts';
import { type PassRecord, type PassWatch, runPasses } from '../passes/run-passes.ts';
import {
  type Aim,
  type Candidate,
  isBetter,
  isDeeper,
  isRoughlyBetter,
  isWithin,
  makeCandidates,
  type Sizing,
} from './candidate.ts';
import { type Estimate, estimateCost } from './cost-estimate.ts';

/**
 * The search of the highest optimization level. It runs the passes that restructure across iterations in each
 * order that is known to be good, for the lowest level that they reach and for some levels above, where fewer
 * multiplications may do; then again on what it has found, until nothing is better.
 *
 * All circuits that it makes from one circuit by one order of passes are a group. Groups are made one after
 * the other, always in the same order, and a budget ends their sequence; what a later group has found is taken
 * only if it is no deeper. So a larger budget never gives a deeper circuit.
 */
export interface Search {
  readonly checked: CheckedProgram;
  readonly sizing: Sizing;
  readonly aim: Aim;
  /** Whether circuits are wanted that serve other aims, too. */
  readonly isBroad: boolean;
  readonly context: PassContext;
  /** Operations that passes may look at; the group that exceeds it is finished. */
  readonly budget: number;
  readonly watch: PassWatch;
}

/** Where a search starts: a circuit, barriers included, and the passes that led to it. */
export interface Start {
  readonly circuit: Circuit;
  readonly records: readonly PassRecord[];
}

/** A circuit as passes have left it, and after the last ones where they change it. */
export function endingsOf(start: Start, finish: (start: Start) => Start): readonly Start[] {
  const finished = finish(start);
  return finished.circuit === start.circuit ? [start] : [start, finished];
}

/** What a search has found. */
export interface Found {
  readonly best: Candidate;
  /** All circuits looked at. */
  readonly candidates: readonly Candidate[];
  /** Why the search ended, for people. */
  readonly stopped: string;
}

/** Levels above the lowest one for which circuits are made, too. */
const SLACK = 3;
/** The same where only those of the fewest levels are packed. */
const LEAST_SLACK = 1;
/** Of larger circuits the lowest is made alone. */
const MOST_NODES_WITH_SLACK = 5_000;
/** Circuits of one group that are packed where packing takes long and there is to be something to choose from. */
const MOST_PACKED_BROAD = 4;
/** Times the estimate of the best circuit from which on another one of no less depth is not packed. */
const HOPELESS = 2;
/** Times that the passes start again from what they have found. */
const MAX_ROUNDS = 3;

/**
 * Searches for a circuit that serves the aim better than `below`, and is no deeper.
 *
 * @param starts circuits for the same polynomials to start from
 */
export function search(starts: readonly Start[], below: Candidate, options: Search): Found {
  return new Searching(below, options).run(starts);
}

interface Grown extends Start {
  readonly candidate: Candidate;
  /** What was known of it before it was packed, where that takes long. */
  readonly estimate?: Estimate;
}

/** A circuit, and what is packed of it. */
interface Unpacked extends Start {
  readonly released: Circuit;
}

/** The most promising first: of equal levels the quickest, where time counts the quickest of all. */
function rank<T extends { readonly estimate: Estimate }>(
  made: readonly T[],
  { objective }: Aim,
): readonly T[] {
  return [...made].sort(({ estimate: a }, { estimate: b }) => {
    const [levels, time] = [a.level - b.level, a.time - b.time];
    return objective === 'depth' ? levels || time : time || levels;
  });
}

/** Whether a set had not this text before; it has it then. */
function addNew(set: Set<string>, text: string): boolean {
  const { size } = set;
  return set.add(text).size > size;
}

function levelsOf({ measures }: Candidate): number {
  return measures.levels ?? 0;
}

class Searching {
  readonly #options: Search;
  readonly #candidates: Candidate[] = [];
  /** Circuits met before, as text. */
  readonly #seen = new Set<string>();
  /** Circuits that groups have been made of, as text. */
  readonly #shaped = new Set<string>();
  #best: Candidate;
  /** All that have been the best, one after the other. */
  readonly #held: Candidate[] = [];
  /** What the best circuit has been made from, to go on with. */
  #grown: Grown | undefined;
  #work = 0;

  constructor(below: Candidate, options: Search) {
    this.#best = below;
    this.#held.push(below);
    this.#options = options;
  }

  run(starts: readonly Start[]): Found {
    let from = starts;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const before = this.#best;
      for (const start of from) {
        for (const recipe of RECIPES) {
          if (this.#work >= this.#options.budget) return this.#found('the budget is used up');
          this.#take(this.#group(start, recipe));
        }
      }
      if (this.#best === before || !this.#grown) return this.#found('nothing better is found');
      from = [this.#grown];
    }
    return this.#found(`after ${MAX_ROUNDS} rounds`);
  }

  /** The last of the circuits that were the best which there are parameters for, if there are for any. */
  #found(stopped: string): Found {
    const below = at(this.#held, 0);
    const isFit = (held: Candidate) =>
      held.plan !== undefined && (held === below || !this.#isWorseThan(held, below));
    const best = [...this.#held].reverse().find(isFit) ?? this.#best;
    return { best, candidates: this.#candidates, stopped };
  }

  /** Whether a circuit that was taken for better by a rough estimate is not. */
  #isWorseThan(found: Candidate, below: Candidate): boolean {
    return isLongToPack(found.circuit) && isBetter(below, found, this.#options.aim);
  }

  /** The circuits that an order of passes makes of a start, the lowest first. */
  #group(start: Start, { prepare, meetGoal }: Recipe): readonly Grown[] {
    const { context } = this.#options;
    const shaped = this.#grow(start, prepare, context);
    if (!this.#isNewShape(shaped, meetGoal)) return [];
    const lowest = this.#grow(shaped, meetGoal, context);
    const level = outputArrival(lowest.circuit, context).level;
    const highest = outputArrival(start.circuit, context).level;
    const goals = Array.from({ length: this.#slackOf(start, lowest) }, (_, i) => level + 1 + i);
    const slower = goals
      .filter((goal) => goal < highest || goal === level + 1)
      .map((goal) => this.#grow(shaped, meetGoal, { ...context, goal }));
    const made = [lowest, ...slower]
      .flatMap((grown) => endingsOf(grown, (from) => this.#grow(from, FINAL_PASSES, context)))
      .flatMap((grown) => this.#unseen(grown));
    const isLong = made.some(({ released }) => isLongToPack(released));
    return isLong ? this.#packSome(made) : made.flatMap((one) => this.#pack(one));
  }

  /** Levels above the lowest one that circuits are made for. */
  #slackOf(start: Start, lowest: Start): number {
    const { isBroad, aim } = this.#options;
    if (start.circuit.nodes.length > MOST_NODES_WITH_SLACK) return 0;
    // Where levels count and one of a group is packed, that has the fewest; a goal above them may be met by a simpler circuit of as few.
    const isFewestTaken = !isBroad && aim.objective === 'depth' && isLongToPack(lowest.circuit);
    return isFewestTaken ? LEAST_SLACK : SLACK;
  }

  /** Whether the passes that meet goals have not been given the circuit before: starts often have the same shape. */
  #isNewShape({ circuit }: Start, meet: readonly Pass[]): boolean {
    const passes = meet.map(({ name }) => name).join();
    return addNew(this.#shaped, `${passes}\n${printCircuit(circuit)}`);
  }

  #grow(start: Start, passes: readonly Pass[], context: PassContext): Start {
    const { circuit, records } = runPasses(start.circuit, passes, context, this.#options.watch);
    for (const { work } of records) this.#work += work;
    return { circuit, records: [...start.records, ...records] };
  }

  /** The circuit, if it is a new one. */
  #unseen({ circuit, records }: Start): readonly Unpacked[] {
    const { context, watch } = this.#options;
    const released = runPasses(circuit, [release], context, watch).circuit;
    return addNew(this.#seen, printCircuit(released)) ? [{ circuit, records, released }] : [];
  }

  /** A circuit in its forms. */
  #pack({ circuit, records, released }: Unpacked): readonly Grown[] {
    const { checked, sizing } = this.#options;
    return makeCandidates(checked, released, 'optimized', records, sizing).map((candidate) => {
      return { circuit, records, candidate };
    });
  }

  /**
   * Packs the one of a group that promises the most, or some, where there is to be something to choose from. Packing adds levels at most: what has more of them than a circuit that
   * is packed already is not packed where levels count.
   */
  #packSome(made: readonly Unpacked[]): readonly Grown[] {
    const { isBroad, context, sizing } = this.#options;
    const aim = this.#roughAim();
    const ranked = rank(
      made.map((one) => ({
        ...one,
        estimate: estimateCost(one.released, context, sizing.request.precisionBits),
      })),
      aim,
    );
    if (isBroad) return ranked.slice(0, MOST_PACKED_BROAD).flatMap((one) => this.#pack(one));
    const held = isWithin(this.#best, aim) ? levelsOf(this.#best) : Number.POSITIVE_INFINITY;
    const first = ranked.find(({ estimate: { level } }) => level <= held);
    if (!first || this.#isHopeless(first.estimate)) return [];
    return this.#pack(first).map((grown) => ({ ...grown, estimate: first.estimate }));
  }

  /** Whether a circuit is no less deep than the best one, and would take far longer. */
  #isHopeless({ level, depth, time }: Estimate): boolean {
    const held = this.#grown?.estimate;
    const { measures } = this.#best;
    return (
      held !== undefined &&
      level >= levelsOf(this.#best) &&
      depth >= measures.depth &&
      time > HOPELESS * held.time
    );
  }

  /** Parameters of large plans take long to choose: those are compared without, and looked at in the end. */
  #isBetter(a: Candidate, b: Candidate): boolean {
    const isLong = isLongToPack(a.circuit) || isLongToPack(b.circuit);
    return isLong ? isRoughlyBetter(a, b, this.#roughAim()) : isBetter(a, b, this.#options.aim);
  }

  /** What large circuits are compared by: fewer levels, until there is one that parameters fit. */
  #roughAim(): Aim {
    const { aim } = this.#options;
    return aim.objective === 'time' && !this.#best.plan ? { ...aim, objective: 'depth' } : aim;
  }

  /** Takes the best of a group, if it is better than what there is and no deeper. */
  #take(group: readonly Grown[]): void {
    this.#candidates.push(...group.map(({ candidate }) => candidate));
    const { aim } = this.#options;
    const held = this.#best;
    const mayReplace = ({ candidate }: Grown) => !isWithin(held, aim) || !isDeeper(candidate, held);
    for (const grown of group.filter(mayReplace)) {
      if (!this.#isBetter(grown.candidate, this.#best)) continue;
      this.#best = grown.candidate;
      this.#held.push(grown.candidate);
      this.#grown = grown;
    }
  }
}
