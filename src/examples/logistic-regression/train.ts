/** The executable of `npm run train`, see `train-command.ts`. */
import { printResult } from './print-result.ts';
import { trainCommand } from './train-command.ts';

printResult(await trainCommand(process.argv.slice(2)));
