import { expect, test } from 'vitest';
import { unsupportedNode } from '../../src/cli/node-version.ts';

test.each(['18.19.0', '20.20.2', '21.7.0', '22.11.0'])('Node %s is too old', (version) => {
  expect(unsupportedNode(version)).toBe(
    `shoal needs Node.js 22.12 or newer, this is v${version}; get it at https://nodejs.org`,
  );
});

test.each(['22.12.0', '23.0.0', '24.21.0', '26.1.0'])('Node %s is supported', (version) => {
  expect(unsupportedNode(version)).toBeUndefined();
});
