/** Sends the new password together with the token from the address of the page. */
const form = document.querySelector('#form');
const message = document.querySelector('#message');
const token = new URLSearchParams(location.hash.slice(1)).get('token');

function show(text, isProblem) {
  message.textContent = text;
  message.className = isProblem ? 'problem' : '';
}

if (token) {
  // So that it is not read over a shoulder, or kept in the history.
  history.replaceState(null, '', location.pathname);
} else {
  form.remove();
  show('The address of this page is not whole. Open the link in the mail again.', true);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    const response = await fetch('/v1/auth/password-reset/confirm', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token, new_password: new FormData(form).get('password') }),
    });
    if (response.ok) {
      form.remove();
      show('Your password is set. You can sign in with it now.', false);
    } else {
      const { error } = await response.json();
      show(error.details?.reason ?? error.message, true);
    }
  } catch {
    show('The server could not be reached. Try again.', true);
  }
  button.disabled = false;
});
