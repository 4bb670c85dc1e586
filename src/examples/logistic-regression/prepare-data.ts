/** The executable of `npm run data`, see `data-command.ts`. */
import { dataCommand } from './data-command.ts';
import { printResult } from './print-result.ts';

printResult(dataCommand(process.argv.slice(2)));
