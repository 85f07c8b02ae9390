/** What the feed page is compared with: Express with one route that sends the same bytes, and nothing else. */
import { readFileSync } from 'node:fs';
import express from 'express';

const [bodyFile = '', headersFile = '', etag = ''] = process.argv.slice(2);
const body = readFileSync(bodyFile);
const headers = JSON.parse(readFileSync(headersFile, 'utf8')) as Record<string, string>;

const app = express();
app.disable('x-powered-by');
// Express hashes each reply for its ETag unless told otherwise.
if (etag === 'no-etag') app.disable('etag');
app.get('/v1/feed', (_request, response) => {
  response.set(headers);
  response.type('json').send(body);
});
const server = app.listen(Number(process.env.PORT), '127.0.0.1');

const stop = () => {
  server.close();
  server.closeAllConnections();
};
process.on('SIGTERM', stop);
process.on('disconnect', stop);
