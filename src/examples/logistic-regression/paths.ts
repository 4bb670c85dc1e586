import { fileURLToPath } from 'node:url';

/** The root folder of the project, in which commands run. */
export const ROOT = new URL('../../../', import.meta.url);

const CIRCUITS = new URL('circuits/logistic-regression/', ROOT);

/** Returns the path of a circuit, or of another file in the same folder. */
export const circuitFile = (name: string): string => fileURLToPath(new URL(name, CIRCUITS));
