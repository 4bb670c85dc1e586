import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Plan } from '../../src/plan/plan.ts';
import { quartic, shoalHere, workspace } from './support.ts';

const file = new URL('../../docs/plan.schema.json', import.meta.url);

/** UPDATE_SCHEMA=1 writes the file from the zod schema; run `npm run format` afterwards. */
test('docs/plan.schema.json has the schema of src/plan/plan.ts; UPDATE_SCHEMA=1 writes it', () => {
  const schema = { title: 'shoal plan', ...z.toJSONSchema(Plan) };
  if (process.env.UPDATE_SCHEMA) writeFileSync(file, JSON.stringify(schema));
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(schema);
});

test('plans conform to it', async () => {
  const space = workspace();
  const { stdout } = await shoalHere(['compile', space.file('quartic.circ', quartic)]);
  space.remove();
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(file, 'utf8')));
  expect(validate(JSON.parse(stdout)), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...JSON.parse(stdout), version: 2 })).toBe(false);
});
