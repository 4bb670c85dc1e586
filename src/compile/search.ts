import type { CheckedProgram } from '../check/check-program.ts';
import { outputArrival } from '../ir/arrival.ts';
import type { Circuit } from '../ir/graph.ts';
import { printCircuit } from '../ir/print-circuit.ts';
import { isSameCircuit } from '../ir/rewrite.ts';
import { isLongToPack } from '../packing/packings.ts';
import { enlarge } from '../passes/enlarge.ts';
import type { Pass } from '../passes/pass.ts';
import type { PassContext } from '../passes/pass-context.ts';
import {
  ENLARGING_PASSES,
  FINAL_PASSES,
  RECIPES,
  RESTRUCTURE,
  type Recipe,
} from '../passes/pass-list.ts';
import { release } from '../passes/release.ts';
import { type PassRecord, type PassWatch, runPasses } from '../passes/run-passes.ts';
import { WorkExceeded } from '../work-meter.ts';
import {
  type Aim,
  type Candidate,
  isBetter,
  isDeeper,
  isNoWorse,
  isRescue,
  isRoughlyBetter,
  isWithin,
  makeCandidates,
  mayFit,
  rivalOf,
  type Sizing,
} from './candidate.ts';
import { type Estimate, estimateCost } from './cost-estimate.ts';
import type { PackingFigures } from './fewer-layouts.ts';

/**
 * The options of the search of the highest optimization level. The search runs the passes that
 * restructure across iterations in several orders (recipes): for the lowest level that they reach
 * and for some levels above, which may need fewer multiplications. It repeats this on the best
 * circuit until nothing better is found.
 *
 * All circuits from one start and one recipe are a group. Groups are made one after the other in a
 * fixed order, until the work meter's limit is reached; the group that reaches it is dropped. The
 * result of a later group replaces an earlier one only if it is no deeper. So a larger budget never
 * gives a deeper circuit.
 */
export interface SearchOptions {
  readonly checked: CheckedProgram;
  readonly sizing: Sizing;
  readonly aim: Aim;
  /** Whether circuits for other aims are of interest, too. */
  readonly isBroad: boolean;
  readonly context: PassContext;
  readonly watch: PassWatch;
  /** Limit on the operations that the search examines, below that of the compilation. */
  readonly mostWork: number;
}

/** The start of a search: a circuit, possibly with barriers, and the passes that led to it. */
export interface Start {
  readonly circuit: Circuit;
  readonly records: readonly PassRecord[];
  /** The context of the passes that prepare groups from it; that of the search by default. */
  readonly preparing?: PassContext;
}

/** Returns a circuit and, if the final passes change it, the circuit after them. */
export function endingsOf(start: Start, finish: (start: Start) => Start): readonly Start[] {
  const finished = finish(start);
  return finished.circuit === start.circuit ? [start] : [start, finished];
}

/** The result of a search. */
export interface SearchResult {
  readonly best: Candidate;
  /** All circuits that were compared. */
  readonly candidates: readonly Candidate[];
  /** Why the search ended, in words. */
  readonly stopped: string;
}

/** Why a search ends if the compilation may not examine more operations. */
export const BUDGET_USED_UP = 'the budget was used up';
/** Why a search ends that has examined as many operations as the program is worth. */
const SEARCH_LIMIT = 'the limit for a program of this size was reached';

/** Number of levels above the lowest one for which circuits are made, too. */
const SLACK = 3;
/** The same if only the circuit with the fewest levels of a group is packed. */
const LEAST_SLACK = 1;
/** Limit on nodes above which only the circuit with the lowest level is made. */
const MOST_NODES_WITH_SLACK = 5_000;
/** Limit on the packed circuits of a group if packing takes long and the search is broad. */
const MOST_PACKED_BROAD = 4;
/**
 * Factor over the best estimated time above which a circuit that is not shallower is not packed.
 */
const HOPELESS = 2;
/** Limit on the rounds, each of which starts from the best circuit of the round before. */
const MAX_ROUNDS = 3;

/**
 * Searches for a circuit that is better for the aim than `below`, and is no deeper.
 *
 * @param starts circuits for the same polynomials to start from
 */
export function search(
  starts: readonly Start[],
  below: Candidate,
  options: SearchOptions,
): SearchResult {
  return new Searching(below, options).run(starts);
}

/** A circuit with a packing. */
interface Packed extends Start {
  readonly candidate: Candidate;
  /** The estimate before packing, if packing takes long. */
  readonly estimate?: Estimate;
}

/** A circuit, and the same without barriers, which can be packed. */
interface Unpacked extends Start {
  readonly released: Circuit;
}

/** Sorts circuits by estimated levels, then time; for the objective `time` by time, then levels. */
function rank<T extends { readonly estimate: Estimate }>(
  made: readonly T[],
  { objective }: Aim,
): readonly T[] {
  return [...made].sort(({ estimate: a }, { estimate: b }) => {
    const [levels, time] = [a.level - b.level, a.time - b.time];
    return objective === 'depth' ? levels || time : time || levels;
  });
}

/** Adds a text to a set. Returns whether it was new. */
function addNew(set: Set<string>, text: string): boolean {
  const { size } = set;
  return set.add(text).size > size;
}

function levelsOf({ measures }: Candidate): number {
  return measures.levels ?? 0;
}

class Searching {
  readonly #options: SearchOptions;
  readonly #candidates: Candidate[] = [];
  /** Texts of all circuits made so far. */
  readonly #seen = new Set<string>();
  /** Texts of all circuits that groups were made from, with the passes. */
  readonly #restructured = new Set<string>();
  /** The result of the optimization level below. */
  readonly #below: Candidate;
  #best: Candidate;
  /** All candidates that were the best at some time, in order. */
  readonly #bests: Candidate[] = [];
  /** The circuit of the best candidate, with barriers, from which the next round starts. */
  #bestStart: Packed | undefined;

  constructor(below: Candidate, options: SearchOptions) {
    this.#below = below;
    this.#best = below;
    this.#bests.push(below);
    this.#options = options;
  }

  run(starts: readonly Start[]): SearchResult {
    const stopped = this.#within(() => this.#searched(starts));
    this.#within(() => this.#enlarge());
    return this.#found(stopped);
  }

  /** Runs an action within the limit on work. Returns its result, or which limit ended it. */
  #within<T>(action: () => T): T | string {
    const { work } = this.#options.sizing;
    try {
      return work.within(this.#options.mostWork, action);
    } catch (error) {
      if (!(error instanceof WorkExceeded)) throw error;
      return work.affords(0) ? SEARCH_LIMIT : BUDGET_USED_UP;
    }
  }

  /** Searches in rounds. Returns why the search ended. */
  #searched(starts: readonly Start[]): string {
    let from = starts;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const before = this.#best;
      for (const start of from) {
        for (const recipe of RECIPES) {
          this.#take(this.#group(start, recipe));
        }
      }
      if (this.#best === before || !this.#bestStart) return 'nothing better was found';
      from = [this.#bestStart];
    }
    return `the limit of ${MAX_ROUNDS} rounds was reached`;
  }

  /**
   * Tries the best circuit with larger values, which a smaller ring may be precise enough for. Only
   * the parameters tell, so they are chosen here, unlike those of most circuits.
   */
  #enlarge(): void {
    const { context, aim } = this.#options;
    const start = this.#bestStart;
    if (!start?.candidate.mayBeEnlarged) return;
    const enlarged = this.#after(start, [enlarge], context);
    if (isSameCircuit(enlarged.circuit, start.circuit)) return;
    const combined = this.#unseen(this.#after(start, ENLARGING_PASSES, context));
    const packed = [
      ...this.#group(enlarged, RESTRUCTURE),
      ...combined.flatMap((one) => this.#pack(one)),
    ];
    for (const one of packed) {
      const { candidate } = one;
      this.#candidates.push(candidate);
      const mayReplace = isNoWorse(candidate, this.#below, aim) && !isDeeper(candidate, this.#best);
      if (mayReplace && isBetter(candidate, this.#best, aim)) this.#setBest(one);
    }
  }

  /** Returns the latest of all best candidates that parameters may fit, or the best if none. */
  #found(stopped: string): SearchResult {
    const { aim } = this.#options;
    const best = [...this.#bests].reverse().find((one) => mayFit(one, aim)) ?? this.#best;
    return { best, candidates: this.#candidates, stopped };
  }

  /** Makes the circuits of a recipe from a start, the lowest first. */
  #group(start: Start, { prepare, meetGoal }: Recipe): readonly Packed[] {
    const { context } = this.#options;
    const prepared = this.#after(start, prepare, start.preparing ?? context);
    if (!this.#isNewStart(prepared, meetGoal)) return [];
    const lowest = this.#after(prepared, meetGoal, context);
    const level = outputArrival(lowest.circuit, context).level;
    const highest = outputArrival(start.circuit, context).level;
    const goals = Array.from({ length: this.#slackOf(start, lowest) }, (_, i) => level + 1 + i);
    const slower = goals
      .filter((goal) => goal < highest || goal === level + 1)
      .map((goal) => this.#after(prepared, meetGoal, { ...context, goal }));
    const made = [lowest, ...slower]
      .flatMap((one) => endingsOf(one, (from) => this.#after(from, FINAL_PASSES, context)))
      .flatMap((one) => this.#unseen(one));
    const isLong = made.some(({ released }) => isLongToPack(released));
    return isLong ? this.#packSome(made) : this.#packAll(made);
  }

  /** Returns the number of levels above the lowest one to make circuits for. */
  #slackOf(start: Start, lowest: Start): number {
    const { isBroad, aim } = this.#options;
    if (start.circuit.nodes.length > MOST_NODES_WITH_SLACK) return 0;
    // For the objective `depth`, only the circuit with the fewest levels of a long group is packed.
    // One level of slack may still give a simpler circuit with as few levels.
    const isOnlyLowestPacked =
      !isBroad && aim.objective === 'depth' && isLongToPack(lowest.circuit);
    return isOnlyLowestPacked ? LEAST_SLACK : SLACK;
  }

  /**
   * Whether the passes have not run on this circuit before. Different starts often give the same
   * one.
   */
  #isNewStart({ circuit }: Start, meetGoal: readonly Pass[]): boolean {
    const passes = meetGoal.map(({ name }) => name).join();
    return addNew(this.#restructured, `${passes}\n${printCircuit(circuit)}`);
  }

  #after(start: Start, passes: readonly Pass[], context: PassContext): Start {
    const { circuit, records } = runPasses(start.circuit, passes, context, this.#options.watch);
    return { circuit, records: [...start.records, ...records] };
  }

  /** Returns the circuit if it is new, else an empty list. */
  #unseen({ circuit, records }: Start): readonly Unpacked[] {
    const { context, watch } = this.#options;
    const released = runPasses(circuit, [release], context, watch).circuit;
    return addNew(this.#seen, printCircuit(released)) ? [{ circuit, records, released }] : [];
  }

  /**
   * Packs a circuit to one or more forms.
   *
   * @param rival the packing to beat; the circuit is packed in all ways unless given
   */
  #pack({ circuit, records, released }: Unpacked, rival?: PackingFigures): readonly Packed[] {
    const { checked, sizing: whole } = this.#options;
    const sizing = rival ? { ...whole, rival } : whole;
    return makeCandidates(checked, released, 'optimized', records, sizing).map((candidate) => {
      return { circuit, records, candidate };
    });
  }

  /** Packs all circuits of a group; for the objective `time`, the slow ones only once. */
  #packAll(made: readonly Unpacked[]): readonly Packed[] {
    const { aim, isBroad } = this.#options;
    const hasRival = aim.objective === 'time' && !isBroad;
    let best = this.#best;
    return made.flatMap((one) => {
      const packed = this.#pack(one, hasRival ? rivalOf(best) : undefined);
      for (const { candidate } of packed)
        if (isRoughlyBetter(candidate, best, aim)) best = candidate;
      return packed;
    });
  }

  /**
   * Packs the most promising circuit of a group, or several if the search is broad. Packing never
   * removes levels, so a circuit with more levels than the best packed one is not packed.
   */
  #packSome(made: readonly Unpacked[]): readonly Packed[] {
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
    if (!this.#best.plan && this.#options.aim.objective === 'time')
      return this.#packUntilFit(ranked);
    const most = isWithin(this.#best, aim) ? levelsOf(this.#best) : Number.POSITIVE_INFINITY;
    const first = ranked.find(({ estimate: { level } }) => level <= most);
    if (!first || this.#isHopeless(first.estimate)) return [];
    return this.#pack(first, rivalOf(this.#best)).map((packed) => ({
      ...packed,
      estimate: first.estimate,
    }));
  }

  /** Packs some circuits, the most promising first, until parameters fit one. */
  #packUntilFit(
    ranked: readonly (Unpacked & { readonly estimate: Estimate })[],
  ): readonly Packed[] {
    const packed: Packed[] = [];
    try {
      for (const one of ranked.slice(0, MOST_PACKED_BROAD)) {
        const made = this.#pack(one);
        for (const pack of made) packed.push({ ...pack, estimate: one.estimate });
        if (made.some(({ candidate }) => candidate.plan !== undefined)) break;
      }
    } catch (error) {
      // The first circuits, which have the fewest levels, count even if no work is left for others.
      if (!(error instanceof WorkExceeded) || packed.length === 0) throw error;
    }
    return packed;
  }

  /** Whether a circuit is not shallower than the best one and takes far longer. */
  #isHopeless({ level, depth, time }: Estimate): boolean {
    const best = this.#bestStart?.estimate;
    const { measures } = this.#best;
    return (
      best !== undefined &&
      level >= levelsOf(this.#best) &&
      depth >= measures.depth &&
      time > HOPELESS * best.time
    );
  }

  /** Compares candidates; large ones without parameters, which take long to choose. */
  #isBetter(a: Candidate, b: Candidate): boolean {
    if (isRescue(a, b, this.#options.aim)) return true;
    const isLong = a.isLongToChoose || b.isLongToChoose;
    return isLong ? isRoughlyBetter(a, b, this.#roughAim()) : isBetter(a, b, this.#options.aim);
  }

  /** Returns the aim for large circuits: fewer levels, until parameters fit one of them. */
  #roughAim(): Aim {
    const { aim } = this.#options;
    return aim.objective === 'time' && !this.#best.plan ? { ...aim, objective: 'depth' } : aim;
  }

  /**
   * Replaces the best candidate by the best of a group, if that is better and no deeper. A deeper
   * one may replace a circuit that no parameters fit.
   */
  #take(group: readonly Packed[]): void {
    for (const { candidate } of group) this.#candidates.push(candidate);
    const { aim } = this.#options;
    const before = this.#best;
    const mayReplace = ({ candidate }: Packed) =>
      (!isWithin(before, aim) ||
        !isDeeper(candidate, before) ||
        isRescue(candidate, before, aim)) &&
      (candidate.isLongToChoose || isNoWorse(candidate, this.#below, aim));
    for (const packed of group.filter(mayReplace)) {
      if (!this.#isBetter(packed.candidate, this.#best)) continue;
      this.#setBest(packed);
    }
  }

  #setBest(packed: Packed): void {
    this.#best = packed.candidate;
    this.#bests.push(packed.candidate);
    this.#bestStart = packed;
  }
}
