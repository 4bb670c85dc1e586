import { describe, expect, it } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { renderDiagnostic } from '../../src/render/diagnostic-text.ts';
import { type Diagnostic, diagnosticToJson } from '../../src/syntax/diagnostic.ts';

const file = 'a.circ';

function render(
  text: string,
  mark: string,
  more: Partial<Pick<Diagnostic, 'severity' | 'span' | 'help'>> = {},
): string {
  const start = text.indexOf(mark);
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'unchecked-ring',
    message: 'something is wrong',
    span: { start, end: start + mark.length },
    ...more,
  };
  return renderDiagnostic({ file, text }, diagnostic, { color: false });
}

describe('renderDiagnostic', () => {
  it('marks the location and shows the help', () => {
    expect(render('let a = 3;\nlet b = x ** 2;\n', '**', { help: 'write `^`' })).toBe(
      [
        'a.circ:2:11: error[unchecked-ring]: something is wrong',
        ' 2 | let b = x ** 2;',
        '   |           ^^',
        'help: write `^`',
      ].join('\n'),
    );
  });

  it('shows warnings as such, and needs no help', () => {
    expect(render('let b = 2;', 'b', { severity: 'warning' })).toBe(
      [
        'a.circ:1:5: warning[unchecked-ring]: something is wrong',
        ' 1 | let b = 2;',
        '   |     ^',
      ].join('\n'),
    );
  });

  it('marks the end of a line, and of an empty file', () => {
    const span = { start: 9, end: 9 };
    expect(render('let b = 2\nlet c', '', { span }).split('\n').slice(1)).toEqual([
      ' 1 | let b = 2',
      '   |          ^',
    ]);
    expect(render('', '', { span: { start: 0, end: 0 } }).split('\n')).toEqual([
      'a.circ:1:1: error[unchecked-ring]: something is wrong',
      ' 1 |',
      '   | ^',
    ]);
  });

  it('marks the first of several lines', () => {
    expect(render('let a = f(\n  x,\n);', 'f(\n  x,\n)').split('\n').slice(1)).toEqual([
      ' 1 | let a = f(',
      '   |         ^^',
    ]);
  });

  it('shows tabs as spaces, and no carriage return', () => {
    expect(render('\tlet\tb = 2;\r\n', 'b').split('\n').slice(1)).toEqual([
      ' 1 |     let    b = 2;',
      '   |            ^',
    ]);
  });

  it('keeps the mark below wide and combining characters', () => {
    expect(render('/* 漢字 e\u0301 */ x', 'x').split('\n').slice(1)).toEqual([
      ' 1 | /* 漢字 e\u0301 */ x',
      '   |              ^',
    ]);
  });

  it('makes escape sequences harmless, in text, messages and names', () => {
    const text = 'let \x1b[31m\u202eb\x07 = 2;';
    const rendered = renderDiagnostic(
      { file: 'a\x1b.circ', text },
      {
        severity: 'error',
        code: 'rank',
        message: 'bad\x1b[2J',
        span: { start: 4, end: 5 },
        help: '\r',
      },
      { color: false },
    );
    expect(rendered).toBe(
      ['a␛.circ:1:5: error[rank]: bad␛[2J', ' 1 | let ␛[31m�b␇ = 2;', '   |     ^', 'help: ␍'].join(
        '\n',
      ),
    );
  });

  it('cuts long lines around the mark', () => {
    const text = `let a = ${'x + '.repeat(100)}MARK${' + y'.repeat(100)};`;
    const [, line, mark] = render(text, 'MARK').split('\n');
    expect(defined(line).length).toBe(5 + 100);
    expect(line).toMatch(/^ 1 \| ….*x \+ MARK \+ y.*…$/);
    expect(defined(mark).length).toBe(defined(line).indexOf('MARK') + 4);
    expect(mark).toMatch(/^ {3}\| +\^{4}$/);
  });

  it('cuts long marks, too', () => {
    const [, line, mark] = render(`let a = ${'x'.repeat(500)};`, 'x'.repeat(500)).split('\n');
    expect(line).toBe(` 1 | let a = ${'x'.repeat(91)}…`);
    expect(mark).toBe(`   |         ${'^'.repeat(92)}`);
  });

  it('shows a line of exactly the maximum width in full', () => {
    const text = `let a = ${'x'.repeat(91)};`;
    expect(render(text, 'a').split('\n')[1]).toBe(` 1 | ${text}`);
  });

  it('has as much margin as the line number needs', () => {
    expect(
      render(`${'\n'.repeat(99)}let a`, 'a')
        .split('\n')
        .slice(1),
    ).toEqual([' 100 | let a', '     |     ^']);
  });

  it('has colors if requested', () => {
    const span = { start: 4, end: 5 };
    const diagnostic = { severity: 'error', code: 'rank', message: 'm', span, help: 'h' } as const;
    const colored = renderDiagnostic({ file, text: 'let a' }, diagnostic, { color: true });
    expect(colored).toContain('\x1b[31m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colors are escape sequences
    expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(
      renderDiagnostic({ file, text: 'let a' }, diagnostic, { color: false }),
    );
  });
});

describe('diagnosticToJson', () => {
  const source = { file, text: 'let a = 3;\nlet b;' };
  const diagnostic = {
    severity: 'error',
    code: 'rank',
    message: 'no value',
    span: { start: 15, end: 16 },
  } as const;

  it('has the fields documented for --json', () => {
    expect(diagnosticToJson(source, diagnostic)).toEqual({
      code: 'rank',
      file: 'a.circ',
      line: 2,
      column: 5,
      message: 'no value',
    });
  });

  it('puts the help into the message', () => {
    expect(diagnosticToJson(source, { ...diagnostic, help: 'write one' }).message).toBe(
      'no value: write one',
    );
  });
});
