export type CostModel = { a: number };
export const BUILT_IN_COST: CostModel = { a: 1 };
