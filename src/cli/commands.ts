import type { AnyCommand } from './command.ts';
import { calibrateCommand } from './commands/calibrate.ts';
import { checkCommand } from './commands/check.ts';
import { compileCommand } from './commands/compile.ts';
import { decryptCommand } from './commands/decrypt.ts';
import { encryptCommand } from './commands/encrypt.ts';
import { evalCommand } from './commands/eval.ts';
import { explainCommand } from './commands/explain.ts';
import { exploreCommand } from './commands/explore.ts';
import { fmtCommand } from './commands/fmt.ts';
import { inspectCommand } from './commands/inspect.ts';
import { keygenCommand } from './commands/keygen.ts';
import { reportCommand } from './commands/report.ts';
import { verifyCommand } from './commands/verify.ts';

/** All commands, in the order of the help. */
export const COMMANDS = [
  checkCommand,
  reportCommand,
  explainCommand,
  exploreCommand,
  compileCommand,
  evalCommand,
  keygenCommand,
  encryptCommand,
  decryptCommand,
  inspectCommand,
  verifyCommand,
  fmtCommand,
  calibrateCommand,
] as const satisfies readonly AnyCommand[];

export type CommandName = (typeof COMMANDS)[number]['name'];

/** A command and its task, as plain data. */
export interface Job {
  readonly command: CommandName;
  readonly task: object;
}

/**
 * Returns the command with a name.
 *
 * @throws RangeError if there is no such command
 */
export function commandNamed(name: CommandName): AnyCommand {
  const named: AnyCommand | undefined = COMMANDS.find((command) => command.name === name);
  if (!named) throw new RangeError(`there is no command '${name}'`);
  return named;
}
