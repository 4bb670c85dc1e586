/**
 * The part of the WebAssembly API that is used. TypeScript declares it only together with
 * browsers'.
 */

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

/** Compiled code, which threads can share. */
export type WasmModule = object;

interface WasmApi {
  readonly Memory: abstract new (...args: never[]) => WasmMemory;
  readonly Exception: abstract new (...args: never[]) => object;
  readonly RuntimeError: abstract new (...args: never[]) => Error;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: object): Promise<WasmInstance>;
}

export const wasm = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
