import { compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { keyLevels } from '../../src/memory/key-levels.ts';
import { type KeyNeeds, keyNeeds, switchingKeyBytes } from '../../src/memory/key-needs.ts';
import { storedKeysBytes } from '../../src/memory/predict-memory.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { exampleCircuits, exampleSource } from '../support/examples.ts';
import { printTable, type Row, ratio } from './table.ts';

/**
 * Measures the bytes of switching keys for each circuit at -O0 and -O2: the default keys of SEAL
 * (all powers of two in both directions, and the conjugation), only the rotation offsets of the
 * plan at full size, keys for the levels of their use, and the seeded file with the public key.
 */
export function keys(): void {
  const rows: Row[] = [];
  for (const [file, text] of exampleCircuits()) {
    for (const level of [0, 2] as const) {
      const { sketch } = compile(exampleSource(file, text), { optimizationLevel: level }).optimized;
      const choice = completePlan(sketch, { precisionBits: 20 });
      if ('refused' in choice) continue;
      rows.push(rowOf(`${file} -O${level}`, choice.plan));
    }
  }
  printTable(
    'Switching keys, MiB',
    ['circuit', 'N', 'primes', 'keys', 'default', 'offsets', 'levels', 'sent', 'sent / default'],
    rows,
  );
}

function rowOf(name: string, plan: Parameters<typeof keyLevels>[0]): Row {
  const { params } = plan;
  const top = params.coeffModulus.length - 1 - params.basePrimes;
  const full = switchingKeyBytes(params, top);
  const needs = keyNeeds(plan);
  const levels = keyLevels(plan);
  const rotations = [...needs.keys()].filter((key) => key !== 'relinearization').length;
  const relinearizations = needs.size - rotations;
  const powers = rotations === 0 ? 0 : 2 * Math.log2(params.polyModulusDegree) - 1;
  const byDefault = full * (relinearizations + powers);
  const sent = storedKeysBytes(params, levels);
  return [
    name,
    params.polyModulusDegree,
    params.coeffModulus.length,
    needs.size,
    ...[byDefault, full * needs.size, bytesAt(params, levels), sent].map(mib),
    byDefault === 0 ? '–' : ratio(sent, byDefault),
  ];
}

function bytesAt(params: Plan['params'], levels: KeyNeeds): number {
  return [...levels.values()].reduce((sum, level) => sum + switchingKeyBytes(params, level), 0);
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
