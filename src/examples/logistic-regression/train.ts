/** `npm run train`, see `train-command.ts`. */
import { print } from './print.ts';
import { trainCommand } from './train-command.ts';

print(await trainCommand(process.argv.slice(2)));
