#!/usr/bin/env node
import * as nodeModule from 'node:module';
import { unsupportedNode } from './cli/node-version.ts';

// Nothing else is imported up here: an older Node has to get as far as this message.
const unsupported = unsupportedNode(process.versions.node);
if (unsupported === undefined) {
  nodeModule.enableCompileCache?.();
  import('./cli/main.ts').then(
    ({ main }) => main(process.argv.slice(2)),
    ({ message }: Error) => fail(`shoal cannot start: ${message}`),
  );
} else {
  fail(unsupported);
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
}
