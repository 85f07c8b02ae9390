/**
 * `npm run client`: writes the types of the client (`api/client/schema.d.ts`) from the routes. `npm run client -- FOLDER`
 * writes the whole client there, for an app to use.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import openapiTs, { astToString, type OpenAPI3 } from 'openapi-typescript';
import ts from 'typescript';
import { openApiDocument } from '../api/openapi.ts';
import { routes } from '../api/routes/index.ts';

const own = 'api/client';

const heading = '/** The API as types. Written by "npm run client" from the routes. */\n';

const { positionals } = parseArgs({ allowPositionals: true });

// The addresses are examples in the document; the types hold none.
const address = 'http://127.0.0.1:3000';
const document = openApiDocument(routes, { PUBLIC_URL: address, CDN_BASE_URL: address });
const types = await openapiTs(document as unknown as OpenAPI3, {
  alphabetize: true,
  // A file is no text to whoever sends or gets it.
  transform: ({ format }) => (format === 'binary' ? ts.factory.createTypeReferenceNode('Blob') : undefined),
});
const text = heading + astToString(types);
writeFileSync(join(own, 'schema.d.ts'), text);

const [folder] = positionals;
if (folder) {
  mkdirSync(folder, { recursive: true });
  cpSync(own, folder, { recursive: true });
  console.log(`Wrote the client to ${resolve(folder)}. It needs: npm install openapi-fetch`);
}
