/** Where a tensor of a packed circuit lies, in words for people. */
export interface TensorPacking {
  /** What it is, as the text has it: `input Z`, `w`, `Z.T @ g`. */
  readonly what: string;
  /** Its line in the text; undefined where it comes from none. */
  readonly line: number | undefined;
  readonly shape: readonly number[];
  /** The axes in slots, outermost first: `rows × columns: 64 × 256 slots`. */
  readonly grid: string;
  /** Along which axes it is copied, and how often; empty where it is not. */
  readonly copies: string;
  /** Slots that hold none of its elements, and what they hold; empty where there are none. */
  readonly padding: string;
  /** How many it lies in; 0 for a value in clear. */
  readonly ciphertexts: number;
  /** Level of its ciphertexts; null where there are none, and where the scheme has no levels. */
  readonly level: number | null;
}
