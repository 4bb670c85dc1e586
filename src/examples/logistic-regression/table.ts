/** `npm run table`, see `table-command.ts`. */
import { print } from './print.ts';
import { tableCommand } from './table-command.ts';

print(await tableCommand(process.argv.slice(2)));
