/** The page that the link in a password reset's mail opens, for whoever has no app that takes the link. */
import { readFileSync } from 'node:fs';
import { Router } from 'express';
import helmet from 'helmet';

const script = readFileSync(new URL('web/reset-password.js', import.meta.url));

const headers = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
});

/** The token is behind the # of the address, which only the script can read. */
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Reset your password · Emulsion</title>
<link rel="icon" type="image/svg+xml" href="/docs/logo.svg">
<link rel="stylesheet" href="/docs/pages.css">
</head>
<body class="centred">
<main class="card">
<span class="brand"><img src="/docs/logo.svg" alt=""> Emulsion</span>
<h1>Reset your password</h1>
<p id="message" role="status">Every device that is signed in will be signed out.</p>
<noscript><p class="problem">This page needs JavaScript. Your app takes the token from the mail, too.</p></noscript>
<form id="form">
<label>New password <input name="password" type="password" autocomplete="new-password" minlength="8" maxlength="128" required autofocus></label>
<button>Set password</button>
</form>
</main>
<script src="/reset-password/page.js"></script>
</body>
</html>
`;

/** The routes below /reset-password. */
export function resetPasswordPage(): Router {
  const router = Router();
  router.use('/reset-password', headers);
  router.get('/reset-password', (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('html').send(page);
  });
  router.get('/reset-password/page.js', (_request, response) => {
    response.set('Cache-Control', 'public, max-age=3600').type('js').send(script);
  });
  return router;
}
