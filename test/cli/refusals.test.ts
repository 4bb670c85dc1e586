import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { failureOutcome } from '../../src/cli/failure.ts';
import { Errors } from './schemas.ts';
import { quartic, shoal, shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());
const circuit = space.file('quartic.circ', quartic);
const vector = space.file(
  'vector.circ',
  'param n = 3;\ninput v: cipher[n];\ninput p: plain;\noutput s = sum(v) / p;\n',
);
const plan = space.file('quartic.plan.json', (await shoalHere(['compile', circuit])).stdout);

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string | RegExp;
  /** `line:column` in the wrong file, if the error has a location. */
  readonly at?: string;
}

/** Expects the same refusal as text and as JSON, and no files. */
async function expectRefusal(args: readonly string[], refusal: Refusal): Promise<void> {
  const files = space.list();
  const json = await shoalHere([...args, '--json']);
  expect(json.status, json.stdout).toBe(refusal.status);
  const [first] = Errors.parse(JSON.parse(json.stdout)).errors;
  expect(first?.code).toBe(refusal.code);
  if (typeof refusal.message === 'string') expect(first?.message).toContain(refusal.message);
  else expect(first?.message).toMatch(refusal.message);
  const at = first?.line ? `${first.line}:${first.column}` : 'nowhere';
  expect(at).toBe(refusal.at ?? 'nowhere');
  const text = await shoalHere(args);
  expect(text).toMatchObject({ status: refusal.status, stdout: '', files: [] });
  expect(text.stderr).not.toMatch(/\n {4}at |node:internal|\.ts:\d+|undefined|\[object/);
  expect(space.list()).toEqual(files);
}

describe('the command line', () => {
  const cases: readonly (readonly [args: readonly string[], message: string])[] = [
    [['repot', circuit], "unknown command 'repot'; did you mean report?"],
    [['report'], "missing required argument 'file'"],
    [['report', circuit, circuit], 'too many arguments'],
    [['report', circuit, '--jsn'], "unknown option '--jsn'; did you mean --json?"],
    [['report', circuit, '-O', '4'], 'The optimization levels are 0, 1, 2 and 3.'],
    [
      ['report', circuit, '--passes', 'merge,blance'],
      "unknown pass 'blance'; did you mean 'balance'?",
    ],
    [['report', circuit, '--precision', '0'], 'whole number of bits from 1 to 50'],
    [['report', circuit, '--precision', '2e1'], 'whole number of bits'],
    [['report', circuit, '--client', 'all'], 'Allowed choices are encode, precompute'],
    [['report', circuit, '-D', 'k'], 'as in -D k=12'],
    [['report', circuit, '-D', 'k=0x10'], 'as in -D k=12'],
    [['report', circuit, '-D', 'k=1e9999999'], 'out of range'],
    [['report', circuit, '-D', 'k=1', '-D', 'k=2'], "'k' is given twice"],
    [['compile', circuit, '--emit', 'png'], 'Allowed choices are plan, dot, svg'],
    [['compile', circuit, '-o', circuit], 'a file that this command reads'],
    [['eval', circuit], 'no data for x: give --inputs'],
    [['eval', circuit, '--backend', 'gpu'], 'Allowed choices are seal, plain'],
    [['eval', circuit, '--input', 'x'], 'as in --input Z=data.csv'],
    [['eval', circuit, '--input', 'x=x.txt'], 'does not end in .json, .csv or .npy'],
    [['eval', circuit, '--memory', '2TB'], 'as in 2GiB or 800MB'],
    [['eval', circuit, '--memory', '0'], 'as in 2GiB or 800MB'],
    [
      ['eval', circuit, '--memory', '2GiB', '--backend', 'plain', '-i', circuit],
      '--memory is for --backend seal; plain keeps no keys',
    ],
    [['eval', plan, '-O1', '-i', plan], '-O is for circuits'],
    [['eval', plan, '--compare', '-i', plan], '--compare is for circuits'],
    [['fmt', '--check', '--write', circuit], "cannot be used with option '--check'"],
  ];
  test.each(cases)('shoal %j', async (args, message) => {
    await expectRefusal(args, { status: 2, code: 'usage', message });
  });

  test('no arguments, or an option without its value', async () => {
    const bare = await shoalHere([]);
    expect(bare).toMatchObject({ status: 2, stdout: '' });
    expect(bare.stderr).toMatch(/^shoal: no command given\n\nUsage: shoal/);
    const half = await shoalHere(['report', circuit, '-O']);
    expect(half.stderr).toBe("shoal: option '-O <level>' argument missing\n");
  });

  test('an unknown param means a wrong command line', async () => {
    await expectRefusal(['report', vector, '-D', 'm=4'], {
      status: 2,
      code: 'unknown-param',
      message: "no param 'm' to define; its params are n",
    });
  });

  test('an unknown input of --input, too', async () => {
    const file = space.file('x.json', '2');
    await expectRefusal(['eval', circuit, '--input', `X=${file}`], {
      status: 2,
      code: 'unknown-input',
      message: "the circuit has no input 'X'; did you mean 'x'?",
    });
  });

  test.each(['check', 'report', 'explain', 'compile', 'fmt', 'eval'])(
    '%s of a missing file',
    async (command) => {
      const message = 'nowhere.circ: no such file or directory';
      await expectRefusal([command, 'nowhere.circ'], { status: 2, code: 'cannot-read', message });
    },
  );

  test('a directory is no file', async () => {
    const refusal = { status: 2, code: 'cannot-read', message: 'it is a directory' };
    await expectRefusal(['report', space.path], refusal);
    await expectRefusal(['eval', circuit, '-i', space.path], refusal);
    await expectRefusal(['verify', circuit, space.path], refusal);
  });
});

describe('circuits', () => {
  test.each(['check', 'report', 'explain', 'compile', 'fmt', 'eval'])(
    '%s of a syntax error',
    async (command) => {
      const file = space.file('syntax.circ', 'input x: cipher;\noutput y = x +;\n');
      const { status, stdout } = await shoalHere([command, file, '--json']);
      expect(status).toBe(1);
      const [first] = Errors.parse(JSON.parse(stdout)).errors;
      expect(first).toMatchObject({ file, line: 2 });
    },
  );

  test('check reports all errors of all files', async () => {
    const a = space.file('a.circ', 'output y = z;\noutput u = w;\n');
    const b = space.file('b.circ', 'input x: cipher;\noutput y = 1 / x;\n');
    const { status, stdout } = await shoalHere(['check', a, circuit, b, '--json']);
    const { errors } = Errors.parse(JSON.parse(stdout));
    expect(status).toBe(1);
    expect(errors.map(({ file, line }) => [file, line])).toEqual([
      [a, 1],
      [a, 2],
      [b, 2],
    ]);
    const text = await shoalHere(['check', a, circuit, b]);
    expect(text.stdout).toBe(`${circuit}: ok\n`);
    expect(text.stderr).toContain('b.circ:2:');
  });
});

describe('inputs', () => {
  const cases: readonly (readonly [json: string, code: string, message: string, at: string])[] = [
    ['', 'not-json', 'the file is empty', '1:1'],
    ['{ "x": 2', 'not-json', 'the text ends too early', '1:9'],
    ['{\n  "x": NaN }', 'not-json', "'NaN' is not a JSON number", '2:8'],
    ['{ x: 2 }', 'not-json', "invalid symbol at 'x'", '1:3'],
    ['{ "x": 2, }', 'not-json', "at '}'", '1:11'],
    ['{"x": 1,\n "x": 2}', 'duplicate-key', "'x' is given twice", '2:2'],
    ['['.repeat(100_000), 'not-json', 'nested more than 64 deep', '1:65'],
    ['[2]', 'not-an-object', 'expected an object of inputs by name', '1:1'],
    ['null', 'not-an-object', 'found null', '1:1'],
    ['{}', 'missing-input', "no data for input 'x' (scalar)", 'nowhere'],
    [
      `{ "${'a'.repeat(120_000)}": 2 }`,
      'unknown-input',
      `no input '${'a'.repeat(100)}'; its inputs are x`,
      '1:120007',
    ],
    ['{ "X": 2 }', 'unknown-input', "no input 'X'; did you mean 'x'?", '1:8'],
    [
      '{ "x": 2, "__proto__": 3 }',
      'unknown-input',
      "no input '__proto__'; its inputs are x",
      '1:24',
    ],
    ['{ "x": "2" }', 'not-a-number', `input 'x' is the string "2", not a number`, '1:8'],
    ['{ "x": null }', 'not-a-number', "input 'x' is null, not a number", '1:8'],
    ['{ "x": true }', 'not-a-number', "input 'x' is true, not a number", '1:8'],
    ['{ "x": {} }', 'not-a-number', "input 'x' is an object, not a number", '1:8'],
    ['{ "x": [2] }', 'wrong-shape', "input 'x' is an array, not a number; it has no axes", '1:8'],
    ['{ "x": 1e999 }', 'not-a-number', 'too large for float64', '1:8'],
    ['{ "x": 3.5 }', 'out-of-range', "input 'x' is 3.5, outside its range [-3, 3]", '1:8'],
  ];
  test.each(cases)('%.40s', async (json, code, message, at) => {
    const file = space.file('in.json', json);
    for (const subject of [circuit, plan]) {
      await expectRefusal(['eval', subject, '-i', file], { status: 1, code, message, at });
    }
  });

  const shapes: readonly (readonly [json: string, code: string, message: string, at: string])[] = [
    ['{ "v": 1, "p": 1 }', 'wrong-shape', "input 'v' is [3]; the data are a single number", '1:8'],
    ['{ "v": [1, 2], "p": 1 }', 'wrong-shape', "input 'v' is [3]; the data are [2]", '1:8'],
    ['{ "v": [[1, 2, 3]], "p": 1 }', 'wrong-shape', "'v' is [3]; the data are [1, 3]", '1:8'],
    ['{ "v": [1, [2], 3], "p": 1 }', 'wrong-shape', "'v' at [1] is an array", '1:12'],
    ['{ "v": [1, 2, "3"], "p": 1 }', 'not-a-number', `'v' at [2] is the string "3"`, '1:15'],
    ['{ "v": [[1], [2, 3]], "p": 1 }', 'wrong-shape', "'v' is [3]; the data are ragged", '1:8'],
    ['{ "p": 1 }', 'missing-input', "no data for input 'v' ([3])", 'nowhere'],
    ['{ "v": [1, 2, 3], "p": 0 }', 'division-by-zero', 'division', 'nowhere'],
  ];
  test.each(shapes)('%.40s', async (json, code, message, at) => {
    const file = space.file('in.json', json);
    await expectRefusal(['eval', vector, '-i', file], { status: 1, code, message, at });
  });

  const vectors: readonly (readonly [json: string, code: string, message: string, at: string])[] = [
    ['{}', 'not-vectors', '"vectors" is a list of at least one test vector; found nothing', '1:1'],
    ['{ "vectors": [] }', 'not-vectors', 'at least one', '1:14'],
    ['{ "vectors": [{}] }', 'not-vectors', 'the test vector has no "inputs"', '1:15'],
    ['{ "vector": [] }', 'not-vectors', 'did you mean "vectors"?', '1:13'],
    [
      '{ "tolerance": -1, "vectors": [{ "inputs": { "x": 1 }, "expect": { "y": 3 } }] }',
      'not-vectors',
      '"tolerance" is a number ≥ 0; found -1',
      '1:16',
    ],
    [
      '{ "vectors": [{ "inputs": { "x": 1 }, "expect": { "z": 3 } }] }',
      'unknown-output',
      "no output 'z'",
      '1:56',
    ],
    [
      '{ "vectors": [{ "inputs": { "x": 1 }, "expect": {} }] }',
      'not-vectors',
      'names no output',
      '1:49',
    ],
    [
      '{ "vectors": [{ "inputs": {}, "expect": { "y": 3 } }] }',
      'missing-input',
      "no data for input 'x'",
      '1:15',
    ],
    [
      '{ "vectors": [{ "inputs": { "x": -4 }, "expect": { "y": 3 } }] }',
      'out-of-range',
      "input 'x' is -4",
      '1:34',
    ],
  ];
  test.each(vectors)('vectors %.50s', async (json, code, message, at) => {
    const file = space.file('vectors.json', json);
    await expectRefusal(['eval', circuit, '--vectors', file], { status: 1, code, message, at });
  });

  const files: readonly (readonly [
    name: string,
    content: string,
    code: string,
    message: string,
  ])[] = [
    ['v.csv', '', 'not-csv', 'the table has no numbers'],
    ['v.csv', '1,2\n', 'wrong-shape', "input 'v' is [3]; the data are [1, 2]"],
    ['v.csv', '1,2,3\n4,5\n', 'not-csv', 'the row has 2 cells, the first one has 3'],
    ['v.csv', '1,2,x\n', 'not-csv', "cell 3 is 'x', not a finite number"],
    ['v.csv', '1,2,"3\n', 'not-csv', 'Quote'],
    ['v.npy', 'hello', 'not-npy', 'not a numpy file'],
    ['v.npy', '\x93NUMPY\x01\x00\x10\x00{}              ', 'not-npy', 'header'],
    ['v.json', '[1, 2]', 'wrong-shape', "input 'v' is [3]; the data are [2]"],
  ];
  test.each(files)('%s with %j', async (name, content, code, message) => {
    const file = space.file(name, Buffer.from(content, 'latin1'));
    const { status, stdout } = await shoalHere(['eval', vector, '--input', `v=${file}`, '--json']);
    const [first] = Errors.parse(JSON.parse(stdout)).errors;
    expect({ status, code: first?.code }).toEqual({ status: 1, code });
    expect(first?.message).toContain(message);
  });
});

describe('memory', () => {
  test('too little memory', async () => {
    const data = space.file('x.json', '{ "x": 1 }');
    const args = ['eval', circuit, '-i', data, '--memory', '10MB'];
    await expectRefusal(args, {
      status: 1,
      code: 'memory-too-small',
      message:
        /^the evaluation does not fit in memory: it needs 1\d(\.\d)? MiB .*; give --memory 17MiB or more$/,
    });
    expect((await shoalHere([...args.slice(0, -1), '17MiB'])).status).toBe(0);
  });
});

describe('failures', () => {
  test('a file that cannot be written', () => {
    const output = join(space.path, 'missing', 'plan.json');
    const { status, stdout, stderr } = shoal(['compile', circuit, '-o', output]);
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toBe(`shoal: cannot write ${output}: no such file or directory\n`);
    mkdirSync(join(space.path, 'directory'));
    expect(shoal(['compile', circuit, '-o', join(space.path, 'directory')]).status).toBe(3);
  });

  test('an internal error is one line, without a stack', () => {
    const view = { json: false, quiet: false, color: { out: false, err: false } };
    const { status, stderr } = failureOutcome(new TypeError('x is not a function'), view);
    expect(status).toBe(3);
    expect(stderr).toBe(
      'shoal: internal error: x is not a function; please report this with the circuit\n',
    );
  });
});
