import type { MainModule } from 'node-seal/allows';
import { ShoalError } from '../../errors/shoal-error.ts';
import { defined } from '../../lookup.ts';
import { readResource } from '../../platform/files.ts';
import { HOST_NAME } from '../../platform/machine.ts';
import { type WasmInstance, type WasmMemory, type WasmModule, wasm } from './wasm.ts';

/**
 * Loads node-seal, once for each process or worker.
 *
 * It loads the build that allows transparent ciphertexts: their random part is zero, so that they
 * can be read without a key. A result is transparent only if it does not depend on encrypted
 * values: after multiplication by a plain input that is 0 or rounds to 0, or for a disguised x - x.
 * The arithmetic is still correct, and the server knows such a value anyway. The other build would
 * throw in the middle of a correct computation. But no transparent ciphertext may leave the server,
 * because others could read it: `Evaluator` adds an encryption of zero to such outputs.
 */

export type Seal = MainModule & {
  readonly getExceptionMessage?: (error: unknown) => unknown;
  readonly decrementExceptionRefcount?: (error: unknown) => void;
};

interface Runtime {
  readonly seal: Seal;
  readonly module: WasmModule;
  readonly memory: WasmMemory;
}

let loading: Promise<Runtime> | undefined;
let loaded: Runtime | undefined;

/**
 * Returns the node-seal module. Loads it at the first call.
 *
 * @param compiled its compiled code, if another thread has compiled it
 * @throws ShoalError if this version of Node cannot load it
 */
export async function loadSeal(compiled?: WasmModule): Promise<Seal> {
  loading ??= load(compiled);
  loaded = await loading;
  return loaded.seal;
}

/** Returns SEAL's compiled code for other threads, so that it is compiled and optimized once. */
export async function sealModule(): Promise<WasmModule> {
  loading ??= load(undefined);
  return (await loading).module;
}

/** Returns the bytes of SEAL's WebAssembly memory, which never shrinks; 0 before SEAL is loaded. */
export function heapBytes(): number {
  return loaded?.memory.buffer.byteLength ?? 0;
}

/** Returns the error for an exception of SEAL, or a computation that SEAL cannot continue. */
export function sealError(message: string, cause?: unknown): ShoalError {
  return new ShoalError('evaluation-failed', message, undefined, cause);
}

/**
 * Runs `action`. Turns exceptions of SEAL (C++ exceptions; numbers in some builds) into a
 * {@link sealError} whose message starts with `doing`.
 */
export function translating<T>(seal: Seal, doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw translated(seal, doing, error);
  }
}

/** Returns the {@link sealError} for an exception of SEAL; returns other errors unchanged. */
export function translated(seal: Seal, doing: string, error: unknown): unknown {
  const foreign = typeof error === 'number' || error instanceof wasm.Exception;
  const binding = error instanceof Error && error.name === 'BindingError';
  const fatal = error instanceof wasm.RuntimeError;
  if (binding || fatal) return sealError(`${doing}: ${error.message}`, error);
  if (!foreign) return error;
  const message = seal.getExceptionMessage?.(error) ?? error;
  if (typeof error !== 'number') seal.decrementExceptionRefcount?.(error);
  // Emscripten returns [type, message].
  const text = Array.isArray(message) ? message.filter(Boolean).join(': ') : String(message);
  return sealError(`${doing}: ${text}`, error);
}

/** The part of emscripten's module object that `instantiateWasm` uses. */
interface Loader {
  readonly locateFile: (file: string) => string;
}

type Instantiated = (instance: WasmInstance, module: WasmModule) => void;

/** Instantiates the module by hand, because emscripten does not expose its memory to JavaScript. */
async function load(compiled: WasmModule | undefined): Promise<Runtime> {
  let [memory, code]: [WasmMemory?, WasmModule?] = [];
  try {
    const { default: initialize } = await import('node-seal/allows');
    const seal = await new Promise<Seal>((resolve, reject) => {
      const instantiateWasm = function (this: Loader, imports: object, done: Instantiated): object {
        const file = this.locateFile('seal_allows.wasm');
        instantiate(compiled, file, imports).then(([instance, module]) => {
          [memory, code] = [memoryOf(instance), module];
          done(instance, module);
        }, reject);
        return {};
      };
      initialize({ instantiateWasm }).then(resolve, reject);
    });
    return { seal, memory: defined<WasmMemory>(memory), module: defined<WasmModule>(code) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const doing = `node-seal does not load on ${HOST_NAME}`;
    throw sealError(`${doing}: ${text}`, error);
  }
}

async function instantiate(
  compiled: WasmModule | undefined,
  file: string,
  imports: object,
): Promise<readonly [WasmInstance, WasmModule]> {
  const module = compiled ?? (await wasm.compile(await readResource(file)));
  return [await wasm.instantiate(module, imports), module];
}

function memoryOf(instance: WasmInstance): WasmMemory {
  const memory = Object.values(instance.exports).find((e) => e instanceof wasm.Memory);
  if (memory === undefined) throw new Error('the module exports no memory');
  return memory;
}
