import { fileURLToPath } from 'node:url';

/** The root of the project, where commands are run. */
export const ROOT = new URL('../../../', import.meta.url);

const CIRCUITS = new URL('circuits/logistic-regression/', ROOT);

/** The path of one of the circuits, or of another file beside them. */
export const circuitFile = (name: string): string => fileURLToPath(new URL(name, CIRCUITS));
