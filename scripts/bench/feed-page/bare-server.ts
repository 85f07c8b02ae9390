/** What the feed page is compared with: Express with one route that sends the same bytes, and nothing else. */
import { readFileSync } from 'node:fs';
import express from 'express';

const [bodyFile = '', headersFile = ''] = process.argv.slice(2);
const body = readFileSync(bodyFile);
const headers = JSON.parse(readFileSync(headersFile, 'utf8')) as Record<string, string>;

const app = express();
app.disable('x-powered-by');
// A hash of 14 kB for each reply would flatter whoever is compared with this.
app.disable('etag');
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
