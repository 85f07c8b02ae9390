/** Mail by SMTP, through nodemailer. Only here is it imported. */
import { createTransport } from 'nodemailer';
import { MailError, type MailTransport } from './index.ts';

/** Together less than an attempt of a job may take. */
const timeouts = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 };

/** What nodemailer tells of a failure, beyond its message. */
type SmtpFailure = { code?: unknown; permanent?: unknown };

/**
 * Opens a transport; each message gets a connection of its own.
 *
 * @param url as nodemailer reads it: `smtps://user:password@smtp.example.org`
 * @param from the sender: `Emulsion <no-reply@example.org>`
 */
export function openSmtp(url: string, from: string): MailTransport {
  const transport = createTransport({ url, ...timeouts });
  const domain = /@([^>\s]+)/.exec(from)?.[1] ?? 'localhost';
  return {
    async send({ to, subject, text, messageId }) {
      await transport
        .sendMail({
          from,
          // As an object, so that no address can be read as several.
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${messageId}@${domain}>`,
          // RFC 3834: nobody wants an answer from a holiday.
          headers: { 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
        })
        .catch((error: Error & SmtpFailure) => {
          // A refused login is for the operator to mend; the message can go out then.
          const isPermanent = error.permanent === true && error.code !== 'EAUTH';
          throw new MailError(`the mail was not sent: ${error.message}`, { isPermanent, cause: error });
        });
    },
    async close() {
      transport.close();
    },
  };
}
