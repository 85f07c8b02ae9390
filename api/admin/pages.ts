/** The operator's own pages: sign-in and sign-out. Their look is that of the documentation. */

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Emulsion</title>
<link rel="icon" type="image/svg+xml" href="/docs/logo.svg">
<link rel="stylesheet" href="/docs/pages.css">
</head>
<body class="centred">
<main class="card">
<span class="brand"><img src="/docs/logo.svg" alt=""> Emulsion</span>
${content}
</main>
</body>
</html>
`;
}

/** `problem` is shown above the form; it is our own text, never the client's. */
export function signInPage(problem?: string): string {
  return page(
    'Sign in',
    `<h1>Operator sign-in</h1>
${problem ? `<p class="problem" role="alert">${problem}</p>` : '<p>Queues, jobs, and what became of them.</p>'}
<form method="post" action="/admin/sign-in">
<label>User <input name="name" value="admin" autocomplete="username" autocapitalize="none" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required autofocus></label>
<button>Sign in</button>
</form>`,
  );
}

/** The page that asks whether to sign out, as HTML. */
export function signOutPage(): string {
  return page(
    'Sign out',
    `<h1>Sign out?</h1>
<p>Go <a href="/admin/queues">back to the queues</a>, or:</p>
<form method="post" action="/admin/sign-out"><button>Sign out</button></form>`,
  );
}
