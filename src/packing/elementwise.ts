import type { NodeId } from '../ir/graph.ts';
import type { SlotMap } from '../plan/plan.ts';
import type { Emitter } from './emitter.ts';
import { mapOf, wholeView } from './known.ts';
import {
  type Box,
  type Demand,
  type Gap,
  type Held,
  type Layout,
  normalized,
  sumLayout,
  tileBoxes,
} from './layout.ts';
import type { Way, WaysContext } from './way.ts';

/** The way to a sum or difference of tensors that lie alike. */
export function sumWay(
  { emit }: WaysContext,
  op: 'add' | 'sub',
  a: NodeId,
  b: NodeId,
  demand: Demand,
): Way {
  return {
    wants: [
      { node: a, demand },
      { node: b, demand },
    ],
    make: ([x, y]) => {
      const [left, right] = [x as Held, y as Held];
      const tiles = left.tiles.map((tile, i) => emit[op](tile, right.tiles[i] as number));
      const layout = normalized(left.shape, sumLayout(left.layout, right.layout));
      return { shape: left.shape, tiles, layout };
    },
  };
}

/** The way to an operation on each ciphertext, whatever lies in it. */
export function unaryWay(a: NodeId, demand: Demand, apply: (tile: number) => number): Way {
  return {
    wants: [{ node: a, demand }],
    make: ([x]) => ({ ...(x as Held), tiles: (x as Held).tiles.map(apply) }),
  };
}

/** A power by repeated multiplication, as written. */
export function powerOf(emit: Emitter, tile: number, exponent: number): number {
  let power = tile;
  for (let i = 1; i < exponent; i++) power = emit.mul(power, tile);
  return power;
}

/** The way to inverses of values in clear; what lies around them has none and becomes zeros. */
export function inverseWay({ emit }: WaysContext, a: NodeId, demand: Demand): Way {
  return {
    wants: [{ node: a, demand }],
    make: ([x]) => {
      const { shape, layout, tiles } = x as Held;
      const clean: Layout = {
        axes: layout.axes,
        gaps: layout.gaps.map((gap): Gap => (gap === 'copy' ? 'copy' : 'zero')),
        padding: layout.padding.map(() => 'zero'),
      };
      const boxes = tileBoxes(shape, layout.axes);
      const inverted = tiles.map((tile, i) =>
        emit.push({ op: 'clearInverse', args: [tile], map: filledMap(boxes[i] as Box, clean) }),
      );
      return { shape, tiles: inverted, layout: clean };
    },
  };
}

/** The slots that hold a box of a tensor. */
function filledMap({ sizes }: Box, layout: Layout): SlotMap {
  return mapOf(wholeView(sizes), { starts: sizes.map(() => 0), sizes }, layout);
}
