/** The part of the WebAssembly API that is used, for TypeScript knows it only together with browsers. */

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

export interface WasmSource {
  readonly instance: WasmInstance;
  readonly module: object;
}

interface WasmApi {
  readonly Memory: abstract new (...args: never[]) => WasmMemory;
  readonly Exception: abstract new (...args: never[]) => object;
  readonly RuntimeError: abstract new (...args: never[]) => Error;
  instantiate(bytes: Uint8Array, imports: object): Promise<WasmSource>;
}

export const wasm = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
