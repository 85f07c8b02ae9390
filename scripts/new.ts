/**
 * `npm run new -- job NAME` or `npm run new -- route AREA/NAME`: writes the stub of a handler or an endpoint and says
 * which lines are still to be written; tsc or a test names whatever is forgotten.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const [kind, name] = process.argv.slice(2);
const root = fileURLToPath(new URL('..', import.meta.url));

function camelCase(kebab: string): string {
  return kebab.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function jobStub(job: string): string {
  return `/** What ${job} does, and for whom. */
import type { Handler } from '../handler.ts';

export const ${camelCase(job)}: Handler<'${job}'> = async () => {
  // Re-read the row; gone: return; no longer needed: return; do the one thing.
};
`;
}

function routeStub(areaAndName: string): string {
  const [area, name = ''] = areaAndName.split('/');
  return `/** METHOD /v1/… */
import { z } from 'zod';
import { route } from '../../route.ts';

export const ${camelCase(name)} = route({
  method: 'get',
  path: '/v1/${name}',
  area: '${area}',
  summary: '',
  auth: 'user',
  status: 200,
  reply: z.object({}),
  errors: [],
  async handle() {
    return {};
  },
});
`;
}

const kinds = {
  job: {
    path: (job: string) => `workers/handlers/${job}.ts`,
    stub: jobStub,
    next: (job: string) => [
      `shared/jobs.ts: declare ${camelCase(job)} with job('${job}', QUEUE, { … }), list it in jobs, and in effects behind the events that owe it`,
      `workers/handlers/index.ts: add its line`,
      `test/workers/${job}.test.ts: what it does, twice, and what it does when the row is gone`,
    ],
  },
  route: {
    path: (route: string) => `api/routes/${route}.ts`,
    stub: routeStub,
    next: (route: string) => [
      `api/routes/index.ts: add its line`,
      `api/route.ts: the area, if it is new`,
      `test/api/${route}.test.ts: the reply, the row, the jobs, and each listed error`,
    ],
  },
};

const word = '[a-z][a-z0-9]*(-[a-z0-9]+)*';
const pattern = kind === 'route' ? `^${word}/${word}$` : `^${word}$`;
if ((kind !== 'job' && kind !== 'route') || !name || !new RegExp(pattern).test(name)) {
  console.error(
    'Type: npm run new -- job NAME or npm run new -- route AREA/NAME, the name verb-first and in kebab-case, ' +
      'such as make-renditions or posts/like-post',
  );
  process.exit(1);
}
const { path, stub, next } = kinds[kind];
const file = path(name);
if (existsSync(`${root}/${file}`)) {
  console.error(`${file} is already there`);
  process.exit(1);
}
mkdirSync(dirname(`${root}/${file}`), { recursive: true });
writeFileSync(`${root}/${file}`, stub(name));
console.log([`Wrote ${file}. Next:`, ...next(name).map((line) => `  ${line}`)].join('\n'));
