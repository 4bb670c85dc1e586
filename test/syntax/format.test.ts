import { describe, expect, it } from 'vitest';
import { CircuitError } from '../../src/syntax/diagnostic.ts';
import { format } from '../../src/syntax/format-source.ts';

const fmt = (text: string): string => format({ file: 'test.circ', text });

/** Formats a text, and the result again, which must not change it. */
function stable(text: string): string {
  const once = fmt(text);
  expect(fmt(once)).toBe(once);
  return once;
}

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

describe('format', () => {
  it('puts one space around operators, none inside powers, ranges and indices', () => {
    expect(
      stable('let y=a+b*c- -d^ - 2/ x [ 0 .. k , i+1 ] @z .T;for t in 0 .. k{w=w*f( a,b );}'),
    ).toBe(
      lines(
        'let y = a + b * c - -d^-2 / x[0..k, i + 1] @ z.T;',
        'for t in 0..k {',
        '  w = w * f(a, b);',
        '}',
      ),
    );
  });

  it('writes items in their usual form', () => {
    expect(
      stable(
        'scheme bfv( t=65537 ) ;scheme ckks;param k=6 ;const a=[ 1,2 ];input x:cipher;' +
          'input Z:plain[ k,2 ]within[ -1,1 ];fn f( )=3;fn g(x ,y){return x;}output y;output z=3;',
      ),
    ).toBe(
      lines(
        'scheme bfv(t = 65537);',
        'scheme ckks;',
        'param k = 6;',
        'const a = [1, 2];',
        'input x: cipher;',
        'input Z: plain[k, 2] within [-1, 1];',
        'fn f() = 3;',
        'fn g(x, y) {',
        '  return x;',
        '}',
        'output y;',
        'output z = 3;',
      ),
    );
  });

  it('writes conditions, parts, ranges and files in their usual form', () => {
    expect(
      stable(
        'include   "lib/a.circ" ;if a==3  and not(b)or c<=d{x=1;}else   if e{}else{y=2;}' +
          'let[ a,b ]=v within[ 0 ,1 ];v [ i ]=e;M[i,a .. b .. s]+=e within[0,1];w-=1;w *=2;' +
          'let z=v[.. .. 2,a .. .. s,.. n .. 2,0 .. ]%n;const W=load( "w.npy" );',
      ),
    ).toBe(
      lines(
        'include "lib/a.circ";',
        'if a == 3 and not (b) or c <= d {',
        '  x = 1;',
        '} else if e {} else {',
        '  y = 2;',
        '}',
        'let [a, b] = v within [0, 1];',
        'v[i] = e;',
        'M[i, a..b..s] += e within [0, 1];',
        'w -= 1;',
        'w *= 2;',
        'let z = v[....2, a....s, ..n..2, 0..] % n;',
        'const W = load("w.npy");',
      ),
    );
  });

  it('keeps comments around the parts of an `if` where they are', () => {
    const text = lines(
      '// first',
      'if a { // one',
      '  x = 1;',
      '  // last',
      '} // after one',
      '// before two',
      '',
      '// at two',
      'else if b { // two',
      '  x = 2;',
      '} /* after two */ else { // three',
      '  x = 3;',
      '} // end',
      'let y = v[a..b..s]; // slice',
    );
    expect(stable(text)).toBe(text);
    expect(stable('if /* why */ a /* not */ {} /* b */ else /* c */ if /* d */ e {}')).toBe(
      lines('if /* why */ a /* not */ {} /* b */ else /* c */ if /* d */ e {}'),
    );
    expect(stable('if a {}\nelse\n{ x = 1; }')).toBe(lines('if a {} else {', '  x = 1;', '}'));
  });

  it('breaks long conditions, logic and comparisons before their operators', () => {
    const a = 'a'.repeat(35);
    expect(stable(`let y = ${a} < 1 and not ${a} or ${a};`)).toBe(
      lines(`let y = ${a} < 1 and not ${a}`, `  or ${a};`),
    );
    expect(stable(`let y = (${a} + 1 == ${a} + 2 and ${a});`)).toBe(
      lines('let y = (', `  ${a} + 1 == ${a} + 2`, `  and ${a}`, ');'),
    );
    expect(stable(`let y = ${a}${a} <= ${a};`)).toBe(lines(`let y = ${a}${a}`, `  <= ${a};`));
    expect(stable(`if ${a} and ${a} or ${a} { x = 1; }`)).toBe(
      lines(`if ${a} and ${a}`, `  or ${a} {`, '  x = 1;', '}'),
    );
  });

  it('keeps at most one empty line, and none at the edges', () => {
    expect(
      stable(
        '\n\n\nlet a = 1;\n\n\n\nlet b = 2;\nfor t in 0..2 {\n\n x = 1;\n\n\n y = 2;\n\n}\n\n',
      ),
    ).toBe(
      lines('let a = 1;', '', 'let b = 2;', 'for t in 0..2 {', '  x = 1;', '', '  y = 2;', '}'),
    );
  });

  it('keeps comments where they are', () => {
    expect(
      stable(
        lines(
          '/* head',
          '   more */',
          '',
          '// above',
          'let a=1; // after',
          '',
          '// apart',
          '',
          'for t in 0..2 { // opening',
          '// inside',
          'x=/* value */f(a /* first */,b);   // end   ',
          '',
          '      // last',
          '} // closed',
          '// eof',
        ),
      ),
    ).toBe(
      lines(
        '/* head',
        '   more */',
        '',
        '// above',
        'let a = 1; // after',
        '',
        '// apart',
        '',
        'for t in 0..2 { // opening',
        '  // inside',
        '  x = /* value */ f(a /* first */, b); // end',
        '',
        '  // last',
        '} // closed',
        '// eof',
      ),
    );
  });

  it('breaks lines where a comment ends them', () => {
    expect(
      stable('let y = a + // one\n b - c; let z = f( // two\n a, // three\n b\n// four\n);'),
    ).toBe(
      lines(
        'let y = a',
        '  + // one',
        '      b',
        '  - c;',
        'let z = f( // two',
        '  a, // three',
        '  b',
        '  // four',
        ');',
      ),
    );
    expect(stable('let // why\nx = 3;')).toBe(lines('let // why', '    x = 3;'));
  });

  it('breaks long sums before their operators', () => {
    const a = 'a'.repeat(40);
    expect(stable(`let y = ${a} * x + ${a} - ${a};`)).toBe(
      lines(`let y = ${a} * x`, `  + ${a}`, `  - ${a};`),
    );
  });

  it('breaks the outermost brackets first', () => {
    const a = 'a'.repeat(40);
    expect(stable(`let y = f(g(${a}, 1), (${a} + ${a})^2, ${a});`)).toBe(
      lines('let y = f(', `  g(${a}, 1),`, `  (${a} + ${a})^2,`, `  ${a}`, ');'),
    );
    expect(stable(`let y = (${a} + ${a} + ${a})^2;`)).toBe(
      lines('let y = (', `  ${a}`, `  + ${a}`, `  + ${a}`, ')^2;'),
    );
  });

  it('fills lines with coefficients', () => {
    const row = (n: number) => Array(n).fill('-0.12345').join(', ');
    expect(stable(`const a = [${row(15)}];`)).toBe(
      lines('const a = [', `  ${row(9)},`, `  ${row(6)}`, '];'),
    );
  });

  it('breaks nothing that fits in 100 columns', () => {
    const fits = `let y = ${'a'.repeat(45)} + ${'b'.repeat(43)};`;
    expect(fits.length).toBe(100);
    expect(stable(fits)).toBe(lines(fits));
    expect(stable(fits.replace('y', 'yy')).split('\n').length).toBe(3);
  });

  it('does not count comments at line ends', () => {
    const long = `let y = f(a, b); // ${'why '.repeat(30)}because`;
    expect(stable(long)).toBe(lines(long));
  });

  it('takes more comments above an element than a call takes arguments', () => {
    const text = `let a = [\n${'  //\n'.repeat(150_000)}  1\n];\n`;
    expect(fmt(text) === text).toBe(true);
  });

  it('writes nothing for nothing, and comments alone', () => {
    expect(stable('')).toBe('');
    expect(stable('\n \n')).toBe('');
    expect(stable('\n// a\n\n\n/* b */')).toBe(lines('// a', '', '/* b */'));
  });

  it('drops carriage returns and the byte order mark', () => {
    expect(stable('\ufefflet a = 1; // x\r\n/* a\r\n b */\r\nlet b = 2;\r\n')).toBe(
      lines('let a = 1; // x', '/* a', ' b */', 'let b = 2;'),
    );
  });

  it('refuses files with errors, with all of them', () => {
    const text = 'let a = ;\nlet = 3;';
    expect(() => fmt(text)).toThrow(CircuitError);
    try {
      fmt(text);
    } catch (error) {
      const { diagnostics, source } = error as CircuitError;
      expect(diagnostics.map(({ code }) => code)).toEqual([
        'expected-expression',
        'unexpected-token',
      ]);
      expect(source).toEqual({ file: 'test.circ', text });
    }
  });
});
