/** Where the adapters of mail are chosen. */
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import type { MailTransport } from './index.ts';

/** Opens the transport: SMTP where it is configured, else the log. */
export async function openMail(config: Config, log: Log): Promise<MailTransport> {
  const { SMTP_URL: url, MAIL_FROM: from } = config;
  if (url === undefined || from === undefined) {
    const { openMailLog } = await import('./log.ts');
    return openMailLog(log);
  }
  const { openSmtp } = await import('./smtp.ts');
  return openSmtp(url, from);
}
