import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { planDigest } from '../../src/files/plan-identity.ts';
import { defined } from '../../src/lookup.ts';
import { Plan } from '../../src/plan/plan.ts';
import { edgesOf } from '../../src/render/svg.ts';
import { Compared, Evaluated, Explanation, Report, Vectors, Verdict } from './schemas.ts';
import { npy, quartic, shoal, shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());
const circuit = space.file('quartic.circ', quartic);
const inputs = space.file('quartic.json', '{ "x": 2 }');

describe('as a process', () => {
  test('eval encrypts, evaluates and decrypts', () => {
    const { status, stdout, stderr } = shoal(['eval', circuit, '--inputs', inputs, '--json']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const result = Evaluated.parse(JSON.parse(stdout));
    expect(result.outputs.y).toBeCloseTo(18, 4);
    expect(result.maxAbsError).toBeLessThanOrEqual(result.predictedError);
    expect(result.memory.keyBytes).toBeGreaterThan(0);
    expect(result.optimized.depth).toBe(2);
  });

  test('report shows both forms in 80 columns', () => {
    const { status, stdout, stderr } = shoal(['report', circuit]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/depth +3 +2 +no circuit is shallower/);
    expect(stdout).toMatch(/powers +3 → 2/);
    expect(stdout).toContain('█');
    expect(stdout).not.toContain('\x1b');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('compile writes a plan, eval takes it', () => {
    const plan = join(space.path, 'quartic.plan.json');
    const compiled = shoal(['compile', circuit, '-o', plan]);
    expect([compiled.status, compiled.stdout]).toEqual([0, '']);
    const written = Plan.parse(JSON.parse(readFileSync(plan, 'utf8')));
    expect(compiled.stderr).toBe(`plan digest ${planDigest(written)}\n`);
    const { status, stdout } = shoal(['eval', plan, '-i', inputs, '--json', '--backend', 'plain']);
    expect(status).toBe(0);
    expect(Evaluated.parse(JSON.parse(stdout)).outputs).toEqual({ y: 18 });
  });

  test('check, fmt and verify', () => {
    expect(shoal(['check', circuit])).toMatchObject({ status: 0, stdout: `${circuit}: ok\n` });
    expect(shoal(['fmt', circuit])).toMatchObject({ status: 0, stdout: quartic });
    expect(shoal(['verify', circuit, circuit]).stdout).toContain('the same polynomials');
  });

  test('colors are used on terminals, or with FORCE_COLOR', () => {
    const env = { FORCE_COLOR: '1' };
    expect(shoal(['report', circuit], { env }).stdout).toContain('\x1b[');
    expect(shoal(['report', circuit, '--json'], { env }).stdout).not.toContain('\x1b');
    expect(shoal(['check', 'x'], { env: { FORCE_COLOR: '0' } }).stderr).not.toContain('\x1b');
  });

  test('SEAL is not loaded unless it is needed', () => {
    const spy = space.file(
      'no-seal.mjs',
      `import { registerHooks } from 'node:module';
       registerHooks({ resolve(name, context, next) {
         if (name.startsWith('node-seal')) throw new Error('node-seal was loaded');
         return next(name, context);
       } });`,
    );
    const env = { NODE_OPTIONS: `--import=${spy}` };
    for (const args of [
      ['report', circuit],
      ['explain', circuit],
      ['compile', circuit],
      ['verify', circuit, circuit],
      ['eval', circuit, '-i', inputs, '--backend', 'plain'],
    ]) {
      expect(shoal(args, { env }), args.join(' ')).toMatchObject({ status: 0 });
    }
    const { status, stderr } = shoal(['eval', circuit, '-i', inputs], { env });
    expect(status).toBe(2);
    expect(stderr).toContain('node-seal was loaded');
  });
});

describe('report', () => {
  test('--json has the documented entries', async () => {
    const { status, stdout } = await shoalHere(['report', circuit, '--json']);
    const report = Report.parse(JSON.parse(stdout));
    expect(status).toBe(0);
    expect(report).toMatchObject({
      circuit: 'quartic.circ',
      source: { depth: 3, levels: 3, width: 1, mulsByDepth: [1, 1, 1] },
      optimized: { depth: 2, levels: 2, mulsByDepth: [1, 1] },
      bound: 2,
      params: { polyModulusDegree: 8192, coeffModulusBits: [55, 40, 40, 60], scaleBits: 40 },
      warnings: [],
    });
    expect(report.passes.map(({ name }) => name)).toContain('powers');
  });

  test('succeeds if no parameters fit', async () => {
    const text =
      'input x: cipher within [0, 1];\nvar y = x;\nfor t in 0..40 { y = y * y; }\noutput y;\n';
    const deep = space.file('deep.circ', text);
    const { status, stdout } = await shoalHere(['report', deep, '--json']);
    const { params, paramsReason } = Report.parse(JSON.parse(stdout));
    expect({ status, params }).toEqual({ status: 0, params: null });
    expect(paramsReason).toMatch(/levels are needed/);
  });

  test('-O 0 is the source form', async () => {
    const { stdout } = await shoalHere(['report', circuit, '-O0', '--json']);
    const { source, optimized } = Report.parse(JSON.parse(stdout));
    expect(optimized).toEqual(source);
  });

  test('--passes runs these passes only, and verifies them', async () => {
    const args = ['report', circuit, '--passes', 'unroll,merge,powers', '--verify', '--json'];
    const { passes, optimized } = Report.parse(JSON.parse((await shoalHere(args)).stdout));
    expect(passes.map(({ name }) => name)).toEqual(['merge', 'powers']);
    expect(optimized.depth).toBe(2);
  });

  test('warns of undeclared ranges and of vanishing constants', async () => {
    const file = space.file('tiny.circ', 'input x: cipher;\noutput y = 1e-30 * x * x + x;\n');
    const { stderr } = await shoalHere(['report', file]);
    expect(stderr).toContain('tiny.circ:1:7: warning[assumed-range]');
    expect(stderr).toContain('tiny.circ:2:12: warning[constant-vanishes]');
    expect((await shoalHere(['report', file, '--quiet'])).stderr).toBe('');
  });
});

describe('explain', () => {
  test('--json has the documented entries', async () => {
    const { status, stdout } = await shoalHere(['explain', circuit, '--json']);
    const explanation = Explanation.parse(JSON.parse(stdout));
    expect(status).toBe(0);
    expect(explanation).toMatchObject({ circuit: 'quartic.circ', bound: 2, boundMet: true });
    expect(explanation.optimized.path).toMatchObject([{ line: 2, column: 12, text: 'x^4' }]);
  });

  test('succeeds if no parameters fit, and takes the options for compiling', async () => {
    const text =
      'param k = 40;\ninput x: cipher within [0, 1];\nvar y = x;\nfor t in 0..k {\n  y = y * y;\n}\noutput y;\n';
    const deep = space.file('deeper.circ', text);
    const args = ['explain', deep, '-O1', '-D', 'k=50', '--verify', '--json'];
    const { status, stdout } = await shoalHere(args);
    expect(status).toBe(0);
    // Each squaring doubles the degree, so no circuit is shallower.
    const { bound, optimized, gain } = Explanation.parse(JSON.parse(stdout));
    expect({ bound, depth: optimized.depth, gain }).toEqual({ bound: 50, depth: 50, gain: null });
    const chosen = await shoalHere(['explain', deep, '--passes', 'merge', '--json']);
    const { passes } = Explanation.parse(JSON.parse(chosen.stdout));
    expect(passes.map(({ name }) => name)).toEqual(['merge']);
  });

  test('is colored on terminals only', () => {
    const plain = shoal(['explain', circuit]);
    expect([plain.status, plain.stderr]).toEqual([0, '']);
    expect(plain.stdout).toContain('critical path of the optimized form, to y');
    expect(plain.stdout).not.toContain('\x1b');
    const colored = shoal(['explain', circuit], { env: { FORCE_COLOR: '1' } });
    expect(colored.stdout).toContain('\x1b[');
  });
});

describe('eval', () => {
  test('--compare also evaluates the source form', async () => {
    const args = ['eval', circuit, '-i', inputs, '--backend', 'plain', '--compare'];
    const { stdout } = await shoalHere([...args, '--json']);
    const result = Compared.parse(JSON.parse(stdout));
    expect(result.source).toMatchObject({ depth: 3, outputs: { y: 18 } });
    expect((await shoalHere(args)).stdout).toMatch(/depth +3 +2/);
  });

  test('--vectors counts hits and misses', async () => {
    const vectors = (third: number) =>
      space.file(
        'vectors.json',
        JSON.stringify({
          tolerance: 1e-3,
          vectors: [
            { inputs: { x: 2 }, expect: { y: 18.01 } },
            { inputs: { x: 0 }, expect: { y: 2 } },
            { name: 'third', inputs: { x: 1 }, expect: { y: third } },
          ],
        }),
      );
    const args = () => ['eval', circuit, '--vectors', vectors(3), '--backend', 'plain'];
    const hit = await shoalHere([...args(), '--json']);
    expect(hit.status).toBe(0);
    expect(Vectors.parse(JSON.parse(hit.stdout)).vectors).toMatchObject({ passed: 3, failed: 0 });
    const missed = await shoalHere([
      'eval',
      circuit,
      '--vectors',
      vectors(3.1),
      '--backend',
      'plain',
    ]);
    expect(missed.status).toBe(1);
    expect(missed.stdout).toContain('2 of 3 vectors hit');
    expect(missed.stdout).toMatch(/third +y +3\.1 +3 /);
  });

  test('many vectors share one ciphertext', () => {
    const vectors = Array.from({ length: 500 }, (_, i) => {
      const x = i / 250 - 1;
      return { inputs: { x }, expect: { y: x ** 4 + 2 } };
    });
    const file = space.file('many.json', JSON.stringify({ tolerance: 1e-4, vectors }));
    const { status, stdout } = shoal(['eval', circuit, '--vectors', file, '--json']);
    const result = Vectors.parse(JSON.parse(stdout));
    expect([status, result.vectors.passed]).toEqual([0, 500]);
    expect(result.memory.uploadBytes).toBeLessThan(1e6);
  });

  test('takes inputs from tables and numpy files', async () => {
    const sums = space.file(
      'sums.circ',
      'input v: cipher[4];\ninput M: plain[2, 2];\noutput s = sum(v);\noutput m = sum(M[0] * v[0..2]);\n',
    );
    const v = space.file('v.csv', '# samples\nv\n1\n2\n3\n4.5\n');
    const M = space.file('M.npy', npy('<f4', [2, 2], [1, 10, 3, 4]));
    const args = ['eval', sums, '--input', `v=${v}`, '--input', `M=${M}`];
    const { stdout } = await shoalHere([...args, '--backend', 'plain', '--json']);
    const { outputs } = Evaluated.parse(JSON.parse(stdout));
    expect(outputs).toEqual({ s: 10.5, m: 21 });
  });
});

describe('verify', () => {
  const other = space.file('other.circ', 'input x: cipher;\noutput y = x*x*x*x + 3;\n');

  test('shows where circuits differ', async () => {
    const { status, stdout } = await shoalHere(['verify', circuit, other, '--json']);
    const verdict = Verdict.parse(JSON.parse(stdout));
    expect(status).toBe(1);
    if (verdict.equal || !verdict.counterexample) throw new Error('no counterexample');
    const [a, b] = verdict.counterexample.values;
    expect(defined(b) - defined(a)).toBe(1);
    const { x } = verdict.counterexample.inputs;
    expect(a).toBe((x as number) ** 4 + 2);
  });

  test('-D sets the param in the circuits that declare it', async () => {
    const power = space.file('power.circ', 'param n = 2;\ninput x: cipher;\noutput y = x^n + 2;\n');
    const same = await shoalHere(['verify', circuit, power, '-D', 'n=4', '--json']);
    expect(Verdict.parse(JSON.parse(same.stdout)).equal).toBe(true);
    expect((await shoalHere(['verify', circuit, power, '-D', 'm=4'])).status).toBe(2);
  });
});

describe('fmt', () => {
  const messy = 'input   x:cipher ;output y=x*x ;\n';
  const tidy = 'input x: cipher;\noutput y = x * x;\n';

  test('--check lists, --write rewrites', () => {
    const file = space.file('messy.circ', messy);
    expect(shoal(['fmt', '--check', file, circuit])).toMatchObject({
      status: 1,
      stdout: `${file}\n`,
    });
    expect(shoal(['fmt', '--write', file, circuit])).toMatchObject({ status: 0 });
    expect(readFileSync(file, 'utf8')).toBe(tidy);
    expect(shoal(['fmt', '--check', file])).toMatchObject({ status: 0, stdout: '' });
  });
});

describe('compile', () => {
  test('writes the same bytes every time', async () => {
    const file = space.file(
      'sum.circ',
      'input v: cipher[5] within [0, 1];\noutput y = sum(v)^3;\n',
    );
    const texts = new Set<string>();
    for (let i = 0; i < 20; i++) texts.add((await shoalHere(['compile', file])).stdout);
    texts.add(shoal(['compile', file]).stdout);
    expect(texts.size).toBe(1);
  });

  test('--emit svg draws the same as --emit dot', async () => {
    const [dot, svg] = await Promise.all(
      ['dot', 'svg'].map((emit) => shoalHere(['compile', circuit, '--emit', emit])),
    );
    const drawn = defined(svg).stdout.match(/class="edge"/g)?.length ?? 0;
    expect([defined(svg).status, defined(svg).stderr]).toEqual([0, '']);
    expect(defined(svg).stdout).toMatch(/^<\?xml .*<\/svg>\s*$/s);
    expect(drawn).toBe(edgesOf(defined(dot).stdout));
    expect(drawn).toBeGreaterThan(0);
  });

  test('--emit dot draws the circuit', async () => {
    const { stdout } = await shoalHere(['compile', circuit, '--emit', 'dot']);
    expect(stdout).toMatchInlineSnapshot(`
      "digraph "quartic.circ" {
        rankdir=LR;
        node [fontname="sans-serif"];
        n0 [label="x\\ndepth 0", shape=plain, color=red, penwidth=2];
        n1 [label="×\\ndepth 1", shape=box, color=red, penwidth=2];
        n2 [label="×\\ndepth 2", shape=box, color=red, penwidth=2];
        n3 [label="2", shape=plain];
        n4 [label="+\\ndepth 2", shape=ellipse, color=red, penwidth=2];
        o0 [label="y", shape=doublecircle, color=red, penwidth=2];
        n0 -> n1 [color=red, penwidth=2];
        n0 -> n1 [color=red, penwidth=2];
        n1 -> n2 [color=red, penwidth=2];
        n1 -> n2 [color=red, penwidth=2];
        n2 -> n4 [color=red, penwidth=2];
        n3 -> n4;
        n4 -> o0 [color=red, penwidth=2];
      }
      "
    `);
  });

  test('says which loop is too long, and which number fits', async () => {
    const file = space.file(
      'loop.circ',
      'param k = 40;\ninput x: cipher within [0, 1];\nvar y = x;\nfor t in 0..k {\n  y = y * y;\n}\noutput y;\n',
    );
    const { status, stderr } = await shoalHere(['compile', file, '-O1']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/loop\.circ:5:7: error\[no-parameters\]: no parameters fit: 40 levels/);
    expect(stderr).toContain('line 5: `y * y` (40 levels, iterations 0 to 39)');
    const most = Number(/parameters fit with -D k=(\d+)/.exec(stderr)?.[1]);
    expect((await shoalHere(['compile', file, '-O1', '-D', `k=${most}`])).status).toBe(0);
    expect((await shoalHere(['compile', file, '-O1', '-D', `k=${most + 1}`])).status).toBe(1);
  });

  test('writes no file if it is refused', () => {
    const wrong = space.file('wrong.circ', 'output y = z;\n');
    const output = join(space.path, 'wrong.plan.json');
    expect(shoal(['compile', wrong, '-o', output]).status).toBe(1);
    expect(existsSync(output)).toBe(false);
  });
});
