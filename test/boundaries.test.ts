/** The house's walls: who may import what. */
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('..', import.meta.url));

type Import = { file: string; from: string };

async function importsOf(folders: string): Promise<Import[]> {
  const imports: Import[] = [];
  for await (const file of glob(folders, { cwd: root })) {
    const text = await readFile(join(root, file), 'utf8');
    for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      const from = match[1] as string;
      imports.push({
        file,
        from: from.startsWith('.') ? relative(root, join(root, dirname(file), from)) : from,
      });
    }
  }
  return imports;
}

function offenders(imports: Import[], forbidden: RegExp, allowed: RegExp): string[] {
  return imports
    .filter(({ file, from }) => forbidden.test(from) && !allowed.test(file))
    .map(({ file, from }) => `${file} imports ${from}`);
}

const nowhere = /^$/;

describe('boundaries', () => {
  it('keep the two doors apart, and what both use free of either', async () => {
    expect(offenders(await importsOf('api/**/*.ts'), /^workers\//, nowhere)).to.eql([]);
    expect(offenders(await importsOf('workers/**/*.ts'), /^api\//, nowhere)).to.eql([]);
    expect(offenders(await importsOf('shared/**/*.ts'), /^(api|workers)\//, nowhere)).to.eql([]);
  });

  const places: [what: string, library: RegExp, allowed: RegExp][] = [
    ['Express is imported by the API only', /^express$/, /^api\//],
    ['multer is imported by uploads only', /^multer$/, /^api\/uploads/],
    ['ws is imported by the live door only', /^ws$/, /^api\/live/],
    ['BullMQ is imported by the queues and the workers only', /^bullmq$/, /^(shared\/queue\.ts|workers\/)/],
    ['pg is imported by the database only', /^pg$/, /^shared\/db\//],
    ['pg-boss is imported by the outbox only', /^pg-boss$/, /^shared\/outbox\.ts/],
    ['ioredis is imported by its folder only', /^ioredis$/, /^shared\/redis\//],
    ['nodemailer is imported by the mail only', /^nodemailer$/, /^shared\/mail\//],
    ['otpauth is imported by one file only', /^otpauth$/, /^shared\/auth\/totp\.ts$/],
    ['WebAuthn is imported by signing in only', /^@simplewebauthn\//, /^api\/(auth|routes\/auth)\//],
    ['yazl is imported by exports only', /^yazl$/, /^workers\/export\/zip\.ts/],
    [
      'the Cassandra driver is imported by the stories only',
      /^cassandra-driver$/,
      /^shared\/stories\/cassandra/,
    ],
    [
      'the Elasticsearch client is imported by the search only',
      /^@elastic\//,
      /^shared\/search\/elasticsearch(\.ts$|\/)/,
    ],
    ['the MinIO client is imported by the images only', /^minio$/, /^shared\/images\/s3(\.ts$|\/)/],
    ['sharp is imported by the decoding processes only', /^sharp$/, /^shared\/images\//],
  ];
  for (const [what, library, allowed] of places) {
    it(what, async () => {
      const imports = await importsOf('{api,workers,shared}/**/*.ts');
      expect(offenders(imports, library, allowed)).to.eql([]);
    });
  }

  it('let adapters be reached through their port only', async () => {
    const imports = await importsOf('{api,workers,shared}/**/*.ts');
    expect(
      offenders(imports, /^shared\/images\/(disk\.ts$|s3(\.ts$|\/(?!url\.ts$)))/, /^shared\/images\//),
    ).to.eql([]);
    expect(
      offenders(
        imports,
        /^shared\/search\/(postgres\.ts$|elasticsearch(\.ts$|\/(?!url\.ts$)))/,
        /^shared\/search\//,
      ),
    ).to.eql([]);
    expect(offenders(imports, /^shared\/mail\/(log|smtp)\.ts$/, /^shared\/mail\//)).to.eql([]);
    expect(offenders(imports, /^shared\/stories\/(postgres|cassandra)\.ts$/, /^shared\/stories\//)).to.eql(
      [],
    );
  });

  it('let only the configuration read the environment', async () => {
    const readers: string[] = [];
    for await (const file of glob('{api,workers,shared}/**/*.ts', { cwd: root })) {
      if (/process\.env\b/.test(await readFile(join(root, file), 'utf8'))) readers.push(file);
    }
    expect(readers).to.eql(['shared/config.ts']);
  });

  it('list every route and every handler in its table of contents', async () => {
    for (const folder of ['api/routes', 'workers/handlers']) {
      const index = await readFile(join(root, folder, 'index.ts'), 'utf8');
      for await (const file of glob('**/*.ts', { cwd: join(root, folder) })) {
        if (file !== 'index.ts') expect(index, `${folder}/index.ts`).to.contain(`'./${file}'`);
      }
    }
  });
});
