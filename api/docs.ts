/** The documentation for people, at /docs: Swagger UI from node_modules, without a request to anybody else. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Router } from 'express';
import helmet from 'helmet';
import type { Config } from '../shared/config.ts';
import { openApiDocument } from './openapi.ts';
import type { Route } from './route.ts';

const web = fileURLToPath(new URL('web/', import.meta.url));
const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** What the page loads, and where it lies; 2 MB, kept in memory. */
const assets = {
  'pages.css': web,
  'docs.css': web,
  'docs.js': web,
  'logo.svg': web,
  'swagger-ui.css': swagger,
  'swagger-ui-bundle.js': swagger,
};

const headers = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      // Swagger UI draws its icons from data URLs.
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  // Whoever ends TLS decides that the whole host is to be reached by TLS only.
  strictTransportSecurity: false,
});

/** The pages below /docs. */
export function docsPages(routes: readonly Route[], config: Config): Router {
  // The page tries routes out where it was loaded from, whatever the public address is.
  const document = { ...openApiDocument(routes, config), servers: [{ url: '/' }] };
  const text = JSON.stringify(document);
  const html = page(routes);
  const router = Router();

  router.use('/docs', headers);
  router.get('/docs', (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('html').send(html);
  });
  router.get('/docs/openapi.json', (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('json').send(text);
  });
  for (const [name, folder] of Object.entries(assets)) {
    const body = readFileSync(join(folder, name));
    router.get(`/docs/${name}`, (_request, response) => {
      response.set('Cache-Control', 'public, max-age=3600').type(extname(name)).send(body);
    });
  }
  return router;
}

/** The page: the routes as plain text until the script has drawn them, and for whoever runs none. */
function page(routes: readonly Route[]): string {
  const lines = routes.map(
    ({ method, path, summary }) =>
      `<li><code>${method.toUpperCase()} ${escapeHtml(path)}</code> ${escapeHtml(summary)}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Emulsion API</title>
<link rel="icon" type="image/svg+xml" href="/docs/logo.svg">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/pages.css">
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<header class="bar">
<a class="brand" href="/docs"><img src="/docs/logo.svg" alt=""> Emulsion API</a>
<nav><a href="/v1/openapi.json">OpenAPI 3.1</a> <a href="/v1/capabilities">Capabilities</a> <a href="/readyz">Health</a></nav>
</header>
<main id="swagger-ui"><div class="plain"><h1>Emulsion API</h1><ul>
${lines.join('\n')}
</ul></div></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/docs.js"></script>
</body>
</html>
`;
}

/** The text as HTML shows it. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
