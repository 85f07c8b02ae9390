/** Mails the token that resets a forgotten password; not for an address of nobody's, and not a token that is void. */
import {
  type ResetToMail,
  resetLifetimeMinutes,
  resetMailed,
  resetToMail,
} from '../../shared/auth/password-resets.ts';
import { MailError } from '../../shared/mail/index.ts';
import { GiveUp, type Handler } from '../handler.ts';

export const mailPasswordReset: Handler<'mail-password-reset'> = async ({ resetId }, { tools }) => {
  const { db, config, mail } = tools;
  const reset = await resetToMail(db, config.AUTH_SECRET, resetId);
  if (reset) {
    await mail
      .send({
        to: reset.email,
        subject: 'Reset your Emulsion password',
        text: textOf(reset, config.PUBLIC_URL),
        messageId: resetId,
      })
      .catch((error: unknown) => {
        if (error instanceof MailError && error.isPermanent) throw new GiveUp(error.message);
        throw error;
      });
  }
  // A crash before this mails the same message again.
  await resetMailed(db, resetId);
};

function textOf({ username, token }: ResetToMail, publicUrl: string): string {
  // Behind the # it reaches no server's log.
  return `Hello ${username},

somebody, you we hope, asked to reset the password of your account.
This link does it, once, within the next ${resetLifetimeMinutes} minutes:

${publicUrl}/reset-password#token=${token}

Or give your app this token:

${token}

If it was not you, do nothing: your password stays as it is.
`;
}
