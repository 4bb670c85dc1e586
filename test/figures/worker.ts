import { parentPort } from 'node:worker_threads';
import { defined } from '../../src/lookup.ts';
import { measure, type Setting } from './figures.ts';
import type { FigureProgram } from './programs.ts';

/** Measures each program that arrives, at one setting, and sends its figures back. */
const port = defined(parentPort ?? undefined);
port.on('message', ({ program, setting }: { program: FigureProgram; setting: Setting }) =>
  port.postMessage(measure(program, setting)),
);
