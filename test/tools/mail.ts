/** Reading mail as a user does. */
import type { MailServer } from './smtp.ts';

/** What makes a world send its mail to a server. */
export function mailEnv(server: Pick<MailServer, 'url'>): Record<string, string> {
  return { SMTP_URL: server.url, MAIL_FROM: 'Emulsion <no-reply@example.org>' };
}

/** The token in the newest mail to an address. */
export function resetTokenFor(server: MailServer, address: string): string {
  const token = /^pr_\S+$/m.exec(server.to(address).at(-1)?.text ?? '')?.[0];
  if (!token) throw new Error(`${address} was mailed no token`);
  return token;
}
