/** Mail for whoever runs Emulsion at home: it is a line of the log, to be read there. */
import type { Log } from '../log.ts';
import type { MailTransport } from './index.ts';

/** Opens the transport that writes each message to the log. */
export function openMailLog(log: Log): MailTransport {
  return {
    async send({ to, subject, text, messageId }) {
      log.info(
        { mail_to: to, subject, message_id: messageId, text },
        'mail: SMTP_URL is not set, so it is here',
      );
    },
    async close() {},
  };
}
