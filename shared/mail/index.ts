/** Mail to users: the port. Its adapters lie beside it; `open.ts` chooses. */

/** A message in plain text. */
export type MailMessage = {
  /** An e-mail address. */
  to: string;
  subject: string;
  text: string;
  /** The same for each repetition of a message, so that mailboxes can tell; of `a–z 0–9 _`. */
  messageId: string;
};

/** The mail was not sent. `isPermanent`: it was refused for what it is, so that trying again cannot help. */
export class MailError extends Error {
  override name = 'MailError';
  readonly isPermanent: boolean;
  constructor(message: string, { isPermanent, cause }: { isPermanent: boolean; cause: unknown }) {
    super(message, { cause });
    this.isPermanent = isPermanent;
  }
}

export type MailTransport = {
  /**
   * Hands the message over; whether it arrives nobody can say.
   *
   * @throws {MailError}
   */
  send(message: MailMessage): Promise<void>;
  close(): Promise<void>;
};
