import type { Circuit } from '../ir/graph.ts';
import type { PackingOptions } from './pack.ts';
import { hasComputedMatrices, MAX_SLOTS, slotsNeeded } from './slots-needed.ts';

/** What differs from one packing of a circuit to the next. */
export type Packing = Pick<
  PackingOptions,
  'slots' | 'spareBits' | 'levelWorth' | 'excludedLayouts'
>;

/** Slots of ciphertexts that have room for some levels: fewer would be no quicker. */
const USUAL_SLOTS = [4096, 8192];
/** Grids of so many slots may as well lie in two ciphertexts of a ring of half the degree. */
const LEAST_HALVED = 8192;
/** Circuits of more operations are packed in few ways. */
const FEW_FROM = 40;
/** Work for which a level is saved where time counts, in additions of ciphertexts: that of some tens of rotations. */
const LEVEL_WORTH = 2_000;

/** Whether packing a circuit takes so long that not every circuit should be packed. */
export function isLongToPack(circuit: Circuit): boolean {
  return circuit.nodes.length > FEW_FROM && hasComputedMatrices(circuit);
}

/**
 * The packings that are worth a try, for circuits with matrices: as many slots as the largest grid needs, half of them, or
 * others, with or without a bit to spare for sums of rows, levels saved at any price or not. Circuits of vectors have one packing.
 *
 * @param objective what the packing of a circuit that is long to pack is wanted for; anything, where not given
 */
export function packingsOf(circuit: Circuit, objective?: 'time' | 'depth'): readonly Packing[] {
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
  // Where the largest grid leaves no room in the largest ciphertext, it is cut, and smaller ones fit beside a bit to spare.
  const low = [roomy, ...(roomy === needed ? [needed / 2] : [])].map((slots) => {
    return { slots, spareBits: 1 };
  });
  if (isLongToPack(circuit))
    return objective === 'time' ? quick : objective === 'depth' ? low : [...quick, ...low];
  const isMade = (slots: number) =>
    quick.some((made) => made.slots === slots && made.spareBits === 1);
  const others = USUAL_SLOTS.filter((slots) => slots !== needed && !isMade(slots));
  return [
    ...quick,
    { slots: roomy, spareBits: 1 },
    ...others.map((slots) => ({ slots, spareBits: 1, levelWorth: LEVEL_WORTH })),
  ];
}
