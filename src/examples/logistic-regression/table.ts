/** The executable of `npm run table`, see `table-command.ts`. */
import { printResult } from './print-result.ts';
import { tableCommand } from './table-command.ts';

printResult(await tableCommand(process.argv.slice(2)));
