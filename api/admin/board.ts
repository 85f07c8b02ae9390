/** Bull Board over all queues. */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { AppViewRoute, UIConfig } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { Express, NextFunction, Request, Response } from 'express';
import type { Queues } from '../../shared/queue.ts';

/** Bull Board's page asks Google for fonts. This one asks nobody. */
class OfflineAdapter extends ExpressAdapter {
  override setEntryRoute({ route, handler }: AppViewRoute): this {
    this.app.get(route, (_request: Request, response: Response, next: NextFunction) => {
      const { name, params } = handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      response.render(name, params, (error: Error | null, html = '') => {
        if (error) return next(error);
        response.type('html').send(html.replace(/<link[^>]*fonts\.googleapis\.com[^>]*>/g, ''));
      });
    });
    return this;
  }
}

const sans = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const mono = 'ui-monospace, "SF Mono", Menlo, Consolas, monospace';
const fonts = { 'font-sans': sans, 'font-mono': mono };

const uiConfig: UIConfig = {
  boardTitle: 'Emulsion',
  boardLogo: { path: '/docs/logo.svg', width: 28, height: 28 },
  favIcon: { default: '/docs/logo.svg', alternative: 'static/favicon-32x32.png' },
  miscLinks: [
    { text: 'API documentation', url: '/docs' },
    { text: 'Sign out', url: '/admin/sign-out' },
  ],
  hideDocsLink: true,
  theme: { light: fonts, dark: fonts },
};

/** The board as an Express app to be mounted at `basePath`. */
export function queueBoard(queues: Queues, basePath: string): Express {
  const serverAdapter = new OfflineAdapter();
  serverAdapter.setBasePath(basePath);
  createBullBoard({
    queues: queues.all.map((queue) => new BullMQAdapter(queue)),
    serverAdapter,
    options: { uiConfig },
  });
  const app = serverAdapter.getRouter() as Express;
  app.disable('x-powered-by');
  return app;
}
