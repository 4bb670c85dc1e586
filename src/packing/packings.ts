import type { Circuit } from '../ir/graph.ts';
import type { PackingOptions } from './pack.ts';
import { hasComputedMatrices, MAX_SLOTS, slotsNeeded, slotsOfGrids } from './slots-needed.ts';

/** The options in which the packings of one circuit differ. */
export type Packing = Pick<
  PackingOptions,
  'slots' | 'spareBits' | 'sumsInSlots' | 'levelWorth' | 'excludedLayouts' | 'spreadsPromised'
>;

/** Slots of the smallest rings whose moduli have room for several levels; fewer are not faster. */
const USUAL_SLOTS = [4096, 8192];
/**
 * Slots beside the grid of a product of matrices, as multiples of it: for copies that the window
 * sums of later products read. Many small programs take a third of the products there.
 */
const ROOM = [4, 16];
/** Limit on the slots of such packings: larger ones need a larger ring. */
const MOST_ROOM = 8192;
/** Grids of at least this many slots are also tried in two ciphertexts of half the ring degree. */
const LEAST_HALVED = 8192;
/**
 * Limits on nodes of circuits for which all packings are tried, and of those for which packings
 * that save levels at any price are tried even if time is the objective.
 */
const MOST_NODES = 40;
const MOST_NODES_WITH_LOW = 100;
/**
 * Work that is spent to save one level when time is the objective, in additions of ciphertexts: the
 * work of 40 rotations.
 */
const LEVEL_WORTH = 2_000;

/** Whether packing a circuit takes so long that the search should not pack every candidate. */
export function isLongToPack(circuit: Circuit): boolean {
  return circuit.nodes.length > MOST_NODES && hasComputedMatrices(circuit);
}

/**
 * Returns the packings to try. A circuit with matrices has several: as many slots as its largest
 * grid needs, half of them, or more; with or without a spare bit for sums of rows; with levels
 * saved at any price, at a limited one, or at none. A circuit of vectors has one packing.
 *
 * @param objective restricts the packings of a circuit that is {@link isLongToPack} to those for
 *   this objective; for the fewest levels, a thorough choice has the others too, because they may
 *   be faster at as many levels
 * @param isThorough adds packings that are seldom the best
 */
export function packingsOf(
  circuit: Circuit,
  objective?: 'time' | 'depth',
  isThorough = false,
): readonly Packing[] {
  if (!hasComputedMatrices(circuit)) return [{}];
  const needed = slotsNeeded(circuit);
  const roomy = Math.min(2 * needed, MAX_SLOTS);
  const quick = [
    { slots: needed, spareBits: 0, levelWorth: LEVEL_WORTH },
    { slots: roomy, spareBits: 1, levelWorth: LEVEL_WORTH },
    ...(needed >= LEAST_HALVED
      ? [0, 1].map((spareBits) => ({ slots: needed / 2, spareBits, levelWorth: LEVEL_WORTH }))
      : []),
  ];
  // A grid that fills the largest ciphertext is cut; smaller grids then fit beside a spare bit.
  const low = [roomy, ...(roomy === needed ? [needed / 2] : [])].map((slots) => {
    return { slots, spareBits: 1 };
  });
  const grid = slotsOfGrids(circuit);
  const grids = ROOM.map((room) => room * grid)
    .filter((slots) => slots > roomy && slots <= MOST_ROOM)
    .map((slots) => ({ slots, spareBits: 0, levelWorth: LEVEL_WORTH }));
  if (isLongToPack(circuit)) {
    const fast = [...quick, ...grids.slice(0, 1)];
    if (objective === 'depth') return isThorough ? [...low, ...fast] : low;
    const isQuick = objective === 'time' && circuit.nodes.length > MOST_NODES_WITH_LOW;
    return isQuick ? fast : [...fast, ...low];
  }
  const isListed = (slots: number) =>
    quick.some((packing) => packing.slots === slots && packing.spareBits === 1);
  const usual = USUAL_SLOTS.filter((slots) => slots !== needed && !isListed(slots)).map(
    (slots) => ({ slots, spareBits: 1, levelWorth: LEVEL_WORTH }),
  );
  const least = [
    ...quick,
    { slots: needed, spareBits: 0, levelWorth: 0 },
    { slots: roomy, spareBits: 1 },
  ];
  if (grids.length === 0) return [...least, ...usual];
  const inSlots = [...grids.slice(-1), ...usual.slice(0, 1)].map((packing) => {
    return { ...packing, sumsInSlots: true };
  });
  const few = [...least, ...grids.slice(0, 1), ...inSlots];
  return isThorough ? [...few, ...grids.slice(1), ...usual] : few;
}
