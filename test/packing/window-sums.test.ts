import fc from 'fast-check';
import { it } from 'vitest';
import { withFewerRotations } from '../../src/packing/fewer-rotations.ts';
import { pack } from '../../src/packing/pack.ts';
import { build } from '../support/circuits.ts';
import { seeded } from '../support/programs.ts';
import { expectSameSlots } from '../support/slots.ts';

/** Sums along axes whose extents are no powers of two, of computed values and of inputs. */
it('random sums that stop at an extent are those of the source form', () => {
  const matrix = fc.constantFrom('A', 'A*B', '(A*B + A)', 'A*u', '(A*B)*u', '(A - 2*B)*A');
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      matrix,
      fc.constantFrom(0, 1),
      fc.nat(3),
      (m, n, summed, axis, power) => {
        const own = axis === 0 ? 'u' : 'v';
        const text = `input A: cipher[${m}, ${n}]; input B: cipher[${m}, ${n}];
input u: cipher[${n}]; input v: cipher[${m}];
let s = sum(${summed}, ${axis});
output y = s*${own};
output z = sum(s*${own}^${power + 1}) + sum(${summed});
output w = ${summed} @ u;`;
        const packed = (asWritten: boolean) =>
          pack(build(text), { scaledUploads: !asWritten, asWritten });
        expectSameSlots(packed(true), withFewerRotations(packed(false)));
      },
    ),
    seeded(40),
  );
});
