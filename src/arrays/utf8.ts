import { ShoalError } from '../errors/shoal-error.ts';

/**
 * Decodes UTF-8, without a byte order mark.
 *
 * @throws ShoalError with the line of the first bytes that are not UTF-8
 */
export function decodeUtf8(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const before = new TextDecoder().decode(bytes).split('\ufffd', 1).join();
    let line = 1;
    for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++;
    const column = before.length - before.lastIndexOf('\n');
    const message = 'the file has bytes that are not UTF-8: save it as UTF-8';
    throw new ShoalError('invalid-utf8', message, { file, position: { line, column } });
  }
}
