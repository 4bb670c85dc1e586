/** What a scheme computes with, where that decides about more than its own rules. */
export interface SchemeTraits {
  /** Whether values are integers modulo t, computed exactly; real numbers, approximately, otherwise. */
  readonly isExact: boolean;
  /** Whether products are rescaled, so that the levels of a plan are the rescalings on a path. */
  readonly rescales: boolean;
  /** N divided by the slots of a ciphertext. */
  readonly degreePerSlot: number;
}

/** The schemes that plans are made for. */
export const SCHEMES = {
  ckks: { isExact: false, rescales: true, degreePerSlot: 2 },
  bfv: { isExact: true, rescales: false, degreePerSlot: 1 },
  bgv: { isExact: true, rescales: false, degreePerSlot: 1 },
} as const satisfies Record<string, SchemeTraits>;

/** As a circuit and a plan name a scheme. */
export type SchemeName = keyof typeof SCHEMES;
