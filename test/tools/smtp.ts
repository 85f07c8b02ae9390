/** A mail server that keeps what it is sent: as much of SMTP (RFC 5321) as a client without TLS speaks. */
import { createServer, type Socket } from 'node:net';

export type ReceivedMail = {
  /** The envelope's sender and recipients. */
  from: string;
  to: string[];
  /** Header fields by their names in lower case, unfolded. */
  headers: Record<string, string>;
  text: string;
};

type Options = {
  /** Who may send; without them everybody. */
  account?: { user: string; password: string };
  /** What is answered to a recipient: `550 No such mailbox`; undefined lets it pass. */
  refuse?: (recipient: string) => string | undefined;
};

export type MailServer = {
  url: string;
  mails: ReceivedMail[];
  /** The mails to one address, oldest first. */
  to(address: string): ReceivedMail[];
  [Symbol.asyncDispose](): Promise<void>;
};

/** Starts a server on a free port. */
export async function mailServer({ account, refuse }: Options = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();

  function serve(socket: Socket) {
    let from = '';
    let to: string[] = [];
    let isSignedIn = account === undefined;
    let waiting = '';
    let data: string[] | undefined;
    const answer = (line: string) => socket.write(`${line}\r\n`);

    function command(line: string) {
      const [verb = '', ...rest] = line.split(' ');
      const argument = rest.join(' ');
      const address = /<([^>]*)>/.exec(argument)?.[1] ?? '';
      switch (verb.toUpperCase()) {
        case 'EHLO':
          if (account) answer('250-AUTH PLAIN');
          return answer('250 8BITMIME');
        case 'AUTH': {
          const expected = Buffer.from(`\0${account?.user}\0${account?.password}`).toString('base64');
          isSignedIn = argument === `PLAIN ${expected}`;
          return answer(isSignedIn ? '235 Welcome' : '535 Wrong password');
        }
        case 'MAIL':
          if (!isSignedIn) return answer('530 Sign in first');
          from = address;
          to = [];
          return answer('250 OK');
        case 'RCPT': {
          const refusal = refuse?.(address);
          if (refusal === undefined) to.push(address);
          return answer(refusal ?? '250 OK');
        }
        case 'DATA':
          data = [];
          return answer('354 Go on');
        case 'QUIT':
          answer('221 Bye');
          return socket.end();
        default:
          return answer('502 Unknown command');
      }
    }

    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const lines = (waiting + chunk).split('\r\n');
      waiting = lines.pop() as string;
      for (const line of lines) {
        if (!data) command(line);
        else if (line === '.') {
          mails.push({ from, to, ...parse(data) });
          data = undefined;
          answer('250 Kept');
        } else data.push(line.replace(/^\./, ''));
      }
    });
    answer('220 mail.test');
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const login = account ? `${account.user}:${encodeURIComponent(account.password)}@` : '';
  return {
    url: `smtp://${login}127.0.0.1:${port}`,
    mails,
    to: (address) => mails.filter((mail) => mail.to.includes(address)),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A message of one part (RFC 5322), its text decoded. */
function parse(lines: string[]): Pick<ReceivedMail, 'headers' | 'text'> {
  const end = lines.indexOf('');
  const unfolded = lines
    .slice(0, end)
    .join('\n')
    .replace(/\n[ \t]+/g, ' ');
  const headers = Object.fromEntries(
    unfolded.split('\n').map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name.toLowerCase(), value.join(':').trim()];
    }),
  );
  const body = lines.slice(end + 1).join('\n');
  const encoding = headers['content-transfer-encoding']?.toLowerCase();
  if (encoding === 'base64') return { headers, text: Buffer.from(body, 'base64').toString() };
  return { headers, text: encoding === 'quoted-printable' ? fromQuotedPrintable(body) : body };
}

function fromQuotedPrintable(body: string): string {
  const bytes = body
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
