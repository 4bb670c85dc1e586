import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFreeFactor, isUploadFactor, latest } from '../../src/ir/arrival.ts';
import { circuitFacts } from '../../src/ir/circuit-facts.ts';
import {
  degreeInPairs,
  depthBound,
  depthOfDegree,
  nodeDegrees,
  outputDegrees,
} from '../../src/ir/degree.ts';
import { evaluateCircuit, FLOATS } from '../../src/ir/evaluate-circuit.ts';
import { GraphBuilder } from '../../src/ir/graph.ts';
import { checkLegality } from '../../src/ir/legality.ts';
import { fromNumber } from '../../src/tensor/exact.ts';
import { build } from '../support/circuits.ts';

const degree = (body: string) =>
  outputDegrees(
    build(`input x: cipher; input y: cipher; input p: plain; input v: cipher[3];\n${body}`),
  ).get('r');

describe('total degree', () => {
  it.each([
    ['output r = x^4 + 2;', 4],
    ['output r = x*x*y + p^9;', 3],
    ['output r = 7;', 0],
    ['output r = p;', 0],
    ['output r = (x + y)^2 - x^2 - y^2;', 2],
    ['output r = (x + 1)^2 - x^2;', 1],
    ['output r = (x + 1)^2 - x^2 - 2*x - 1;', 0],
    ['output r = (x + 1)^30 - x^30 - 30*x^29;', 28],
    ['output r = (x - y)*(x + y) - x*x + y*y + x;', 1],
    ['output r = [x, y^3, v[1]*v[2]];', 3],
    ['output r = sum(v*v*v) - dot(v*v, v) + x/p;', 1],
    ['var s = x; for i in 0..40 { s = s*s; } output r = s;', 2 ** 40],
    ['var s = x; for i in 0..80 { s = s*s + y; } output r = s;', 2 ** 80],
  ])('%s', (body, expected) => {
    expect(degree(body)).toBe(BigInt(expected));
  });

  it('is known of every value, not only of outputs', () => {
    const { nodes, ...circuit } = build('input x: cipher; output r = (x*x)*(x*x) - x;');
    const degrees = nodeDegrees(
      { nodes, ...circuit },
      nodes.map(({ id }) => id),
    );
    const kinds = nodes.map(({ id, op }) => [op.kind, degrees.get(id)]);
    expect(kinds).toEqual([
      ['input', 1n],
      ['mul', 2n],
      ['mul', 2n],
      ['mul', 4n],
      ['sub', 4n],
    ]);
  });

  it('needs a depth of its logarithm', () => {
    const depths = [0n, 1n, 2n, 3n, 4n, 5n, 2n ** 80n, 2n ** 80n + 1n].map((degree) =>
      depthOfDegree(degree),
    );
    expect(depths).toEqual([0, 0, 1, 2, 2, 3, 80, 81]);
  });

  it('bounds the depth of the deepest output', () => {
    const bound = (expr: string) =>
      depthBound(build(`input x: cipher; output r = ${expr}; output s = x;`));
    expect([1, 2, 3, 4, 5, 8, 9].map((n) => bound(`x^${n}`))).toEqual([0, 1, 2, 2, 3, 3, 4]);
  });
});

describe('facts of a circuit', () => {
  it('counts a power as the multiplications of the source form', () => {
    expect(circuitFacts(build('input x: cipher; output y = x^4 + 2;'))).toMatchObject({
      depth: 3,
      muls: 3,
    });
  });

  it('finds the largest number of multiplications of the same depth', () => {
    const width = (outputs: string) =>
      circuitFacts(build(`input x: cipher; input y: cipher; ${outputs}`)).width;
    expect(width('output r = x + y;')).toBe(0);
    expect(width('output r = x^4;')).toBe(1);
    // x², x³, x⁴ beside y² and, one deeper, y²·y.
    expect(width('output r = x^4; output s = y*y*y;')).toBe(2);
    expect(width('output r = (x*y)*(x*x); output s = y^3; output t = y*y;')).toBe(4);
  });

  it('does not count plain factors as depth', () => {
    const facts = circuitFacts(
      build('input x: cipher; input p: plain; output y = p*p*x*0.5 + x*x;'),
    );
    expect(facts).toMatchObject({ depth: 1, muls: 1 });
  });
});

describe('legality', () => {
  it('refuses shapes that do not fit', () => {
    const builder = new GraphBuilder({ interning: true });
    const x = builder.input({ name: 'x', secrecy: 'cipher', shape: [2], range: undefined });
    const y = builder.input({ name: 'y', secrecy: 'cipher', shape: [3], range: undefined });
    expect(() => builder.apply({ kind: 'add' }, [x, y])).toThrow(/illegal/);
  });

  it('refuses the inverse of a ciphertext and forward references', () => {
    const circuit = build('input x: cipher; output y = x + 1;');
    const nodes = circuit.nodes.map((node) => ({ ...node }));
    const last = nodes.at(-1) as (typeof nodes)[number];
    const broken = (change: object) => ({
      ...circuit,
      nodes: [...nodes.slice(0, -1), { ...last, ...change }],
    });
    expect(() => checkLegality(broken({ op: { kind: 'inverse' }, args: [0] }))).toThrow(/inverted/);
    expect(() => checkLegality(broken({ args: [99, 0] }))).toThrow(/precede/);
    expect(() => checkLegality(broken({ secrecy: 'plain' }))).toThrow(/secrecy/);
    expect(() => checkLegality(circuit)).not.toThrow();
  });
});

describe('interning', () => {
  it('gives equal operations one node and different operations different nodes', () => {
    const builder = new GraphBuilder({ interning: true });
    const x = builder.input({ name: 'x', secrecy: 'cipher', shape: [], range: undefined });
    const y = builder.input({ name: 'y', secrecy: 'cipher', shape: [], range: undefined });
    expect(builder.apply({ kind: 'add' }, [x, y])).toBe(builder.apply({ kind: 'add' }, [y, x]));
    expect(builder.apply({ kind: 'sub' }, [x, y])).not.toBe(builder.apply({ kind: 'sub' }, [y, x]));
  });
});

describe('evaluation', () => {
  it('computes the program on floats', () => {
    const circuit = build(
      'input M: cipher[2, 3]; input v: cipher[3]; output a = M @ v; output b = M.T @ (M @ v); output c = sum(M, 0);',
    );
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 9, maxLength: 9 }),
        (data) => {
          const m = [data.slice(0, 3), data.slice(3, 6)];
          const v = data.slice(6);
          const dot = (a: number[], b: number[]) =>
            a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
          const mv = m.map((row) => dot(row, v));
          const results = evaluateCircuit(circuit, FLOATS, (name) =>
            name === 'M' ? { shape: [2, 3], data: data.slice(0, 6) } : { shape: [3], data: v },
          );
          const column = (k: number) => m.map((row) => row[k] as number);
          const numbers = (name: string) => results.get(name)?.data.map((x) => x + 0);
          expect(numbers('a')).toEqual(mv);
          expect(numbers('b')).toEqual([0, 1, 2].map((k) => dot(column(k), mv)));
          expect(numbers('c')).toEqual([0, 1, 2].map((k) => dot(column(k), [1, 1])));
        },
      ),
    );
  });
});

describe('what costs no level', () => {
  const constant = (...numbers: number[]) => ({
    shape: [numbers.length],
    data: numbers.map(fromNumber),
  });

  it('is a factor that is one integer up to 2^10 in magnitude', () => {
    const isFree = (...numbers: number[]) => isFreeFactor(constant(...numbers));
    expect([0, 1, -1024, 1024].map((x) => isFree(x))).toEqual([true, true, true, true]);
    expect([1025, -1025, 0.5, 2 ** 40].map((x) => isFree(x))).toEqual([false, false, false, false]);
    expect([isFree(3, 3), isFree(3, 4)]).toEqual([true, false]);
  });

  it('is an upload times a constant from 2^-12 to 2^12', () => {
    const isUpload = (...numbers: number[]) => isUploadFactor(constant(...numbers));
    expect([2 ** -12, 1, -(2 ** 12)].map((x) => isUpload(x))).toEqual([true, true, true]);
    expect([0, 2 ** -12.1, 2 ** 12 + 1].map((x) => isUpload(x))).toEqual([false, false, false]);
    // The largest of several counts.
    expect(isUpload(0, 2 ** -20, 1)).toBe(true);
  });
});

describe('the degree in products of two entries', () => {
  it('is half the degree, rounded up', () => {
    const degrees = [0n, 1n, 2n, 3n, 4n, 5n, 16n, 17n];
    expect(degrees.map(degreeInPairs)).toEqual([0n, 1n, 1n, 2n, 2n, 3n, 8n, 9n]);
    const rules = { precompute: true };
    expect(degrees.map((d) => depthOfDegree(d, rules))).toEqual([0, 0, 0, 1, 1, 2, 3, 4]);
    expect(degrees.map((d) => depthOfDegree(d))).toEqual([0, 0, 1, 2, 2, 3, 4, 5]);
  });
});

describe('the later of two arrivals', () => {
  it('has the larger level and the larger depth', () => {
    expect(latest({ level: 2, depth: 1 }, { level: 1, depth: 3 })).toEqual({ level: 2, depth: 3 });
    expect(latest({ level: 1, depth: 3 }, { level: 2, depth: 1 })).toEqual({ level: 2, depth: 3 });
    expect(latest({ level: 2, depth: 2 }, { level: 2, depth: 1 })).toEqual({ level: 2, depth: 2 });
  });
});
