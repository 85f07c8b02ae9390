/** The operator's pages, behind a sign-in: /admin/queues. There are none without ADMIN_PASSWORD. */
import express, { type NextFunction, type Request, type Response, Router } from 'express';
import helmet from 'helmet';
import { z } from 'zod';
import { fail } from '../shared/errors.ts';
import type { Tools } from '../shared/tools.ts';
import { queueBoard } from './admin/board.ts';
import { signInPage, signOutPage } from './admin/pages.ts';
import { refuseCrossOrigin } from './admin/same-origin.ts';
import { type AdminSessions, cookieName, openAdminSessions } from './admin/session.ts';
import { addressOf } from './door/address.ts';
import { type Quota, refuseExceeded, takeQuota } from './door/rate-limit.ts';

const home = '/admin/queues';
/** Attempts to sign in a minute from one address, right or wrong. */
const attemptsPerMinute = 5;

const form = z.object({ name: z.string(), password: z.string() });

const headers = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      // Bull Board adds styles inline, though no scripts.
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
});

/** The pages below /admin. */
export function adminPages(tools: Tools): Router {
  const router = Router();
  const { config, queues, log } = tools;
  if (!config.ADMIN_PASSWORD) {
    router.use('/admin', () => fail('NOT_FOUND', { field: 'path', reason: 'There are no pages here' }));
    return router;
  }
  const sessions = openAdminSessions(config, config.ADMIN_PASSWORD);

  router.use('/admin', headers, (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  router.get('/admin', (_request, response) => response.redirect(303, home));
  router.get('/admin/sign-in', (_request, response) => {
    response.type('html').send(signInPage());
  });
  router.post(
    '/admin/sign-in',
    refuseCrossOrigin,
    express.urlencoded({ extended: false, limit: '4kb' }),
    async (request, response) => {
      const quota = await takeAttempt(tools, request);
      if (quota.exceeded) {
        response.status(429).set('Retry-After', String(quota.resetInS)).type('html');
        return response.send(signInPage(`Too many attempts. Try again in ${quota.resetInS} seconds.`));
      }
      const { data } = form.safeParse(request.body);
      if (!sessions.isPassword(data?.name, data?.password)) {
        log.warn({ address: addressOf(request) }, 'an operator sign-in was refused');
        return response.status(401).type('html').send(signInPage('The name or the password is wrong.'));
      }
      log.info({ address: addressOf(request) }, 'an operator signed in');
      response.cookie(cookieName, await sessions.sign(), { ...sessions.cookie, maxAge: sessions.lifetimeMs });
      response.redirect(303, home);
    },
  );
  router.get('/admin/sign-out', (_request, response) => {
    response.type('html').send(signOutPage());
  });
  router.post('/admin/sign-out', refuseCrossOrigin, (_request, response) => {
    response.clearCookie(cookieName, sessions.cookie).redirect(303, '/admin/sign-in');
  });
  router.use(home, admitOperator(tools, sessions), refuseCrossOrigin, queueBoard(queues, home));
  return router;
}

function takeAttempt({ cache, config }: Tools, request: Request): Promise<Quota> {
  return takeQuota(cache, config.RATE_LIMITS, 'admin-sign-in', addressOf(request), attemptsPerMinute);
}

/** Lets the operator through; browsers are sent to the form, others are refused. */
function admitOperator(tools: Tools, sessions: AdminSessions) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    if (await sessions.hasCookie(request)) return next();
    const basic = ['GET', 'HEAD'].includes(request.method) ? sessions.basicOf(request) : undefined;
    if (basic) {
      if (!basic.isProven) refuseExceeded(await takeAttempt(tools, request));
      if (sessions.isPassword(basic.name, basic.password)) {
        sessions.prove(request);
        return next();
      }
      tools.log.warn({ address: addressOf(request) }, 'an operator sign-in was refused');
    }
    if (request.method === 'GET' && !basic && request.accepts(['json', 'html']) === 'html') {
      return response.redirect(303, '/admin/sign-in');
    }
    fail('UNAUTHORIZED', { reason: 'Sign in at /admin/sign-in' });
  };
}
