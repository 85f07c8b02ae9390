import { createServer } from 'node:net';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Config } from '../../shared/config.ts';
import { MailError } from '../../shared/mail/index.ts';
import { openMail } from '../../shared/mail/open.ts';
import { mailServer } from '../tools/smtp.ts';
import { freePort } from '../tools/world.ts';

const message = {
  to: 'alice@example.org',
  subject: 'Grüße, Zoë 😀',
  text: `Hello,\n\n.a line that begins with a dot\nsome ${'very '.repeat(40)}long line, ünd a link:\nhttps://example.org/${'x'.repeat(120)}\n`,
  messageId: 'reset_01j8z3k4m5n6p7q8r9s0t1v2w3',
};

/** Opens the transport that a configuration asks for; what is logged goes to `lines`. */
function open(settings: Partial<Config>, lines: string[] = []) {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return openMail(settings as Config, pino({ level: 'info' }, sink));
}

const smtp = (url: string) => open({ SMTP_URL: url, MAIL_FROM: 'Emulsion <no-reply@example.org>' });

async function failureOf(promise: Promise<unknown>): Promise<MailError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.an.instanceOf(MailError);
  return error as MailError;
}

describe('mail by SMTP', () => {
  it('reaches the server whole', async () => {
    await using server = await mailServer();
    const mail = await smtp(server.url);
    await mail.send(message);
    await mail.close();
    const [received, ...more] = server.mails;
    expect(more).to.eql([]);
    expect(received).to.deep.include({ from: 'no-reply@example.org', to: ['alice@example.org'] });
    expect(received?.text.trimEnd()).to.equal(message.text.trimEnd());
    expect(received?.headers['message-id']).to.equal(`<${message.messageId}@example.org>`);
    expect(received?.headers.subject).to.match(/^=\?UTF-8\?/);
  });

  it('signs in with what the URL says', async () => {
    await using server = await mailServer({ account: { user: 'emulsion', password: 'p@ss word' } });
    const mail = await smtp(server.url);
    await mail.send(message);
    expect(server.mails).to.have.length(1);
    const wrong = await smtp(server.url.replace('emulsion:', 'somebody:'));
    const failure = await failureOf(wrong.send(message));
    expect(failure.isPermanent, 'the operator can mend it').to.equal(false);
    expect(server.mails).to.have.length(1);
  });

  it('tells a refusal for good from one for now', async () => {
    await using server = await mailServer({
      refuse: (recipient) => (recipient.startsWith('gone') ? '550 No such mailbox' : '451 Try again later'),
    });
    const mail = await smtp(server.url);
    expect((await failureOf(mail.send({ ...message, to: 'gone@example.org' }))).isPermanent).to.equal(true);
    expect((await failureOf(mail.send({ ...message, to: 'busy@example.org' }))).isPermanent).to.equal(false);
  });

  it('fails for now when nobody answers, or not as a mail server does', async () => {
    const nobody = await smtp(`smtp://127.0.0.1:${await freePort()}`);
    expect((await failureOf(nobody.send(message))).isPermanent).to.equal(false);
    const rude = createServer((socket) =>
      socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
    const { port } = rude.address() as { port: number };
    expect((await failureOf((await smtp(`smtp://127.0.0.1:${port}`)).send(message))).isPermanent).to.equal(
      false,
    );
    await new Promise((resolve) => rude.close(resolve));
  });

  it('takes an address for one recipient, and no more, whatever is in it', async () => {
    await using server = await mailServer();
    const mail = await smtp(server.url);
    for (const to of ['a@example.org, b@example.org', 'a@example.org\r\nBcc: b@example.org']) {
      await mail
        .send({ ...message, to })
        .catch((error: unknown) => expect(error).to.be.an.instanceOf(MailError));
    }
    for (const received of server.mails) {
      expect(received.to).to.have.length(1);
      expect(received.headers).not.to.have.property('bcc');
    }
  });
});

describe('mail without a server', () => {
  it('is one line of the log, with the whole text', async () => {
    const lines: string[] = [];
    const mail = await open({}, lines);
    await mail.send(message);
    await mail.close();
    expect(lines).to.have.length(1);
    const line = JSON.parse(lines[0] as string) as Record<string, unknown>;
    expect(line).to.deep.include({
      level: 30,
      mail_to: message.to,
      subject: message.subject,
      text: message.text,
    });
  });
});
