/** `npm run env`: writes .env.example from the configuration's schema; `--check` only compares. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { environment } from '../shared/environment.ts';

const path = '.env.example';

const heading = `# Every variable, with its default. Copy this file to .env and take the # away where you want another value.
# Written by "npm run env" from shared/config.ts.
`;

/** A default as it would be typed: limits by tier are \`name:limit\` pairs. */
function typed(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, limit]) => `${name}:${limit}`)
    .join(',');
}

function toText(): string {
  const blocks = Object.entries(environment.shape).map(([name, schema]) => {
    const standard = schema.safeParse(undefined);
    return `\n# ${z.globalRegistry.get(schema)?.description ?? ''}\n#${name}=${typed(standard.data)}\n`;
  });
  return heading + blocks.join('');
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
if (!values.check) writeFileSync(path, toText());
else if (!existsSync(path) || readFileSync(path, 'utf8') !== toText()) {
  console.error(`${path} does not fit shared/config.ts: type npm run env`);
  process.exitCode = 1;
}
