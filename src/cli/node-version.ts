/**
 * The oldest Node.js that loads node-seal 7, whose WebAssembly needs reference types of exceptions.
 */
const OLDEST = [22, 12] as const;

/**
 * Returns why a version of Node.js cannot run shoal, or undefined if it can.
 *
 * @param version as in `process.versions.node`
 */
export function unsupportedNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return (
    `shoal needs Node.js ${OLDEST.join('.')} or newer, this is v${version}; ` +
    'get it at https://nodejs.org'
  );
}
