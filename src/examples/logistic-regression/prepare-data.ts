/** `npm run data`, see `data-command.ts`. */
import { dataCommand } from './data-command.ts';
import { print } from './print.ts';

print(dataCommand(process.argv.slice(2)));
