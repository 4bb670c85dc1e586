import type { CircuitFiles } from '../arrays/circuit-files.ts';
import { joinPath } from '../arrays/join-path.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import type { Include, Item } from '../syntax/ast.ts';
import {
  type ErrorDiagnostic,
  type IncludedText,
  MAX_LENGTH,
  type Source,
  type Span,
} from '../syntax/diagnostic.ts';
import { type Parsed, parse } from '../syntax/parse.ts';

/** A file of a program: the main one, or one that is included. */
export interface LinkedFile extends Pick<Parsed, 'program' | 'lostNames'> {
  /** The path that resolvers take; empty for the main file. */
  readonly path: string;
  /** Its own text. */
  readonly source: Source;
  /** Whether its text has no syntax errors. */
  readonly isComplete: boolean;
}

/** A program with the files that it includes. */
export interface LinkedProgram {
  /** The main text with the included ones: all spans are offsets in it. */
  readonly source: Source;
  readonly main: LinkedFile;
  /** The file that each include names; none if it was refused. */
  readonly included: ReadonlyMap<Include, LinkedFile>;
  readonly diagnostics: readonly ErrorDiagnostic[];
}

/** Limit on the files that a program includes. */
const MOST_FILES = 256;
/** Limit on the UTF-16 units of their texts together. */
const MOST_TEXT = 2 * MAX_LENGTH;
/** The items that a file may have which another one includes. */
export const SHARED_ITEMS: ReadonlySet<Item['kind']> = new Set(['include', 'param', 'const', 'fn']);

/** Parses a program and all files that it includes, each once. Never throws. */
export function linkFiles(source: Source, files: CircuitFiles): LinkedProgram {
  return new Linker(source, files).run();
}

class Linker {
  readonly #source: Source;
  readonly #files: CircuitFiles;
  readonly #byPath = new Map<string, LinkedFile>();
  readonly #included = new Map<Include, LinkedFile>();
  readonly #texts: IncludedText[] = [];
  readonly #diagnostics: ErrorDiagnostic[] = [];
  #end: number;

  constructor(source: Source, files: CircuitFiles) {
    this.#source = source;
    this.#files = files;
    this.#end = source.text.length + 1;
  }

  run(): LinkedProgram {
    const main = this.#parsed(this.#source, '', 0);
    const pending = [main];
    for (const file of pending) {
      for (const item of file.program.items) {
        const linked = item.kind === 'include' ? this.#include(item, file) : undefined;
        if (linked) pending.push(linked);
      }
    }
    const source =
      this.#texts.length > 0 ? { ...this.#source, included: this.#texts } : this.#source;
    return { source, main, included: this.#included, diagnostics: this.#diagnostics };
  }

  /** Links the file that an include names. Returns it if it is a new one. */
  #include(include: Include, from: LinkedFile): LinkedFile | undefined {
    const { text, span } = include.path;
    const path = joinPath(from.path, text);
    if (typeof path !== 'string') {
      this.#error(path.code, span, path.message);
      return undefined;
    }
    const known = this.#byPath.get(path);
    const linked = known ?? this.#read(path, span);
    if (linked) this.#included.set(include, linked);
    return known ? undefined : linked;
  }

  #read(path: string, span: Span): LinkedFile | undefined {
    if (this.#byPath.size >= MOST_FILES) {
      this.#error('too-large', span, `the program includes more than ${MOST_FILES} files`);
      return undefined;
    }
    try {
      const source = { file: besides(this.#source.file, path), text: this.#files.text(path) };
      const start = this.#end;
      if (start - this.#source.text.length + source.text.length > MOST_TEXT) {
        const limit = `${MOST_TEXT / 2 ** 20} MiB`;
        this.#error('file-too-large', span, `the included files together have more than ${limit}`);
        return undefined;
      }
      this.#end += source.text.length + 1;
      this.#texts.push({ start, path, source });
      const linked = this.#parsed(source, path, start);
      this.#byPath.set(path, linked);
      this.#requireShared(linked);
      return linked;
    } catch (error) {
      if (!(error instanceof ShoalError)) throw error;
      this.#error(error.code, span, `${path}: ${error.message}`);
      return undefined;
    }
  }

  #parsed(source: Source, path: string, start: number): LinkedFile {
    const { program, diagnostics, lostNames } = parse(source);
    for (const diagnostic of diagnostics) this.#diagnostics.push(moved(diagnostic, start));
    const isComplete = diagnostics.length === 0;
    return { path, source, program: moved(program, start), lostNames, isComplete };
  }

  #requireShared({ program }: LinkedFile): void {
    for (const { kind, span } of program.items) {
      if (SHARED_ITEMS.has(kind)) continue;
      this.#error(
        'not-shared',
        span,
        'a file that another one includes has only functions, consts, params and includes',
        'move it to the main file, or into a function',
      );
    }
  }

  #error(code: ErrorCode, span: Span, message: string, help?: string): void {
    const advice = help === undefined ? {} : { help };
    this.#diagnostics.push({ severity: 'error', code, message, span, ...advice });
  }
}

/** Returns the name of a file that is named relative to the folder of another one. */
export function besides(file: string, path: string): string {
  const folder = /^(.*[/\\])[^/\\]*$/.exec(file)?.[1] ?? '';
  return path.startsWith('std/') ? path : `${folder}${path}`;
}

/** Returns a value of the syntax whose spans are moved by an offset. */
function moved<T>(value: T, by: number): T {
  if (by === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => moved(element, by)) as T;
  const entries = Object.entries(value).map(([key, part]) => [
    key,
    key === 'span' ? { start: part.start + by, end: part.end + by } : moved(part, by),
  ]);
  return Object.fromEntries(entries) as T;
}
