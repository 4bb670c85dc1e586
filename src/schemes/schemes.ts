/** The properties of a scheme that code outside the scheme's own rules depends on. */
export interface SchemeTraits {
  /**
   * Whether values are integers modulo t, computed exactly. Otherwise they are real numbers,
   * computed approximately.
   */
  readonly isExact: boolean;
  /** Whether products are rescaled. The levels of a plan are then the rescalings on a path. */
  readonly rescales: boolean;
  /** The ring degree N divided by the number of slots of a ciphertext. */
  readonly degreePerSlot: number;
}

/** The schemes that plans can use. */
export const SCHEMES = {
  ckks: { isExact: false, rescales: true, degreePerSlot: 2 },
  bfv: { isExact: true, rescales: false, degreePerSlot: 1 },
  bgv: { isExact: true, rescales: false, degreePerSlot: 1 },
} as const satisfies Record<string, SchemeTraits>;

/** The name of a scheme, as circuits and plans write it. */
export type SchemeName = keyof typeof SCHEMES;
