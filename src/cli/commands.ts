import type { AnyCommand } from './command.ts';
import { calibrate } from './commands/calibrate.ts';
import { check } from './commands/check.ts';
import { compile } from './commands/compile.ts';
import { decrypt } from './commands/decrypt.ts';
import { encrypt } from './commands/encrypt.ts';
import { evaluate } from './commands/eval.ts';
import { explain } from './commands/explain.ts';
import { explore } from './commands/explore.ts';
import { fmt } from './commands/fmt.ts';
import { inspect } from './commands/inspect.ts';
import { keygen } from './commands/keygen.ts';
import { report } from './commands/report.ts';
import { verify } from './commands/verify.ts';

/** All commands, as help lists them. */
export const COMMANDS = [
  check,
  report,
  explain,
  explore,
  compile,
  evaluate,
  keygen,
  encrypt,
  decrypt,
  inspect,
  verify,
  fmt,
  calibrate,
] as const satisfies readonly AnyCommand[];

export type CommandName = (typeof COMMANDS)[number]['name'];

/** What a command line asks for, as plain data. */
export interface Job {
  readonly command: CommandName;
  readonly task: object;
}

/** The command of a name. */
export function commandNamed(name: CommandName): AnyCommand {
  const named: AnyCommand | undefined = COMMANDS.find((command) => command.name === name);
  if (!named) throw new RangeError(`there is no command '${name}'`);
  return named;
}
