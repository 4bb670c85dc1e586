import { choice } from './choice.ts';
import { compileTime } from './compile-time.ts';
import { depth } from './depth.ts';
import { evaluation } from './evaluation.ts';
import { files } from './files.ts';
import { keys } from './keys.ts';
import { largeKeys } from './large-keys.ts';
import { overhead } from './overhead.ts';
import { packing } from './packing.ts';
import { parallel } from './parallel.ts';
import { placement } from './placement.ts';
import { precision } from './precision.ts';
import { prediction } from './prediction.ts';
import { startup } from './startup.ts';
import { verification } from './verify.ts';

const BENCHES: Record<string, () => void | Promise<void>> = {
  startup,
  'compile-time': compileTime,
  depth,
  choice,
  overhead,
  evaluation,
  verify: verification,
  prediction,
  packing,
  placement,
  parallel,
  keys,
  'large-keys': largeKeys,
  files,
  precision,
};

/** Names of the benchmarks to run, as in `npm run bench -- overhead`; without names, all run. */
const selected = process.argv.slice(2);
for (const [name, bench] of Object.entries(BENCHES)) {
  if (selected.length === 0 || selected.includes(name)) await bench();
}
