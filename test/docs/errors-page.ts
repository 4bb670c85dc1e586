import { CODES } from '../../src/errors/codes.ts';

/** The section of docs/errors.md that lists its codes in a table. */
export const TABLE_PAGE = 'Data, files and the command line';

/** The lines of docs/errors.md around the table. */
const MARKERS = {
  from: '<!-- the table of codes, written by `npm run docs` -->',
  to: '<!-- end of the table of codes -->',
} as const;

/** Returns docs/errors.md with its table of codes replaced. */
export function withCodesTable(page: string): string {
  const [from, to] = [page.indexOf(MARKERS.from), page.indexOf(MARKERS.to)];
  if (from < 0 || to < from) throw new Error('docs/errors.md has no lines for the table');
  const rows = Object.entries(CODES)
    .filter(([, objection]) => objection.page === TABLE_PAGE)
    .map(([code, objection]) => {
      const status = 'status' in objection ? objection.status : objection.severity;
      return `| \`${code}\` | ${status} | ${objection.title} |`;
    });
  const table = ['| code | status | what is wrong |', '| --- | --- | --- |', ...rows].join('\n');
  return `${page.slice(0, from)}${MARKERS.from}\n\n${table}\n\n${page.slice(to)}`;
}
