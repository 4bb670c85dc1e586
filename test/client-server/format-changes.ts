import { defined } from '../../src/lookup.ts';
import {
  contentsOf,
  numbered,
  type Taken,
  type TakenPart,
  withContents,
} from '../files/container.ts';

/**
 * Yields changes of the head, of the order, number and sizes of parts, and of SEAL's heads in them.
 */
export function* formatChanges(taken: Taken): Generator<readonly [string, Taken]> {
  const { head, parts } = taken;
  for (const at of [8, 10, 11, 12, 16, 47, 48, 80, 111]) {
    const own = Buffer.from(head);
    own[at] = defined(own[at]) ^ 1;
    yield [`byte ${at} of the head`, { ...taken, head: own }];
  }
  const counted = (some: readonly TakenPart[]) => numbered({ head, parts: some });
  yield ['no parts', counted([])];
  yield ['a part twice', counted([...parts, defined(parts[0])])];
  yield ['one part less', counted(parts.slice(1))];
  if (parts.length > 1) yield ['another order', counted([...parts].reverse())];
  for (const [i, part] of parts.entries()) {
    const exchange = (own: TakenPart) => ({ ...taken, parts: parts.with(i, own) });
    for (const at of [4, 8, 12]) {
      const own = Buffer.from(part.head);
      own[at] = defined(own[at]) ^ 2;
      yield [`byte ${at} of the head of part ${i}`, exchange({ ...part, head: own })];
    }
    const contents = contentsOf(part);
    yield [`part ${i} shorter`, exchange(withContents(part, contents.subarray(8)))];
    yield [
      `part ${i} longer`,
      exchange(withContents(part, Buffer.concat([contents, Buffer.alloc(8)]))),
    ];
    yield [`part ${i} empty`, exchange(withContents(part, Buffer.alloc(0)))];
    // A value in the clear has no head of SEAL's.
    if (part.head[4] === 6) continue;
    for (let at = 0; at < 64; at += 5) {
      const own = Buffer.from(contents);
      own[at] = defined(own[at]) ^ 0x40;
      yield [`byte ${at} of part ${i}`, exchange(withContents(part, own))];
    }
  }
}
