/** A line to an engine that a test can cut: a TCP relay in front of it. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';

export type Line = {
  /** The engine's URL by this line. */
  url: string;
  /** Drops every connection; new ones are dropped until `mend`. */
  cut(): void;
  /** From now on no byte passes; connections stay, and new ones are taken. */
  hush(): void;
  mend(): void;
  /** How many connections there are. */
  connections(): number;
  /** Lets the next bytes with this text reach the engine, and drops every connection before its answer arrives. */
  cutAfter(text: string): void;
  [Symbol.asyncDispose](): Promise<void>;
};

type Certificate = { cert: Buffer; key: Buffer };

/** What a client of Postgres asks for TLS with (SSLRequest of its protocol), and what says that there is TLS. */
const [sslRequest, sslThere] = [Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]), 'S'];

/**
 * Lays a line to the engine that a URL names.
 *
 * @param certificate has the line take TLS connections only, with this certificate
 */
export async function layLine(engineUrl: string, certificate?: Certificate): Promise<Line> {
  const url = new URL(engineUrl);
  const [host, port] = [url.hostname, Number(url.port)];
  const ends = new Set<Socket>();
  const pipes = new Set<{ from: Socket; to: Socket }>();
  let isCut = false;
  let isHushed = false;
  let last: string | undefined;
  const drop = () => {
    for (const end of ends) end.destroy();
  };
  const accept = (near: Socket) => {
    if (isCut) return near.destroy();
    const far = connect(port, host);
    near.on('data', (chunk: Buffer) => {
      if (last === undefined || !chunk.includes(last)) return;
      last = undefined;
      far.unpipe(near);
      far.once('data', drop).resume();
    });
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end);
      const pipe = { from: end, to: other };
      pipes.add(pipe);
      if (isHushed) end.pause();
      else end.pipe(other);
      end.on('error', () => other.destroy());
      end.on('close', () => {
        ends.delete(end);
        pipes.delete(pipe);
        other.destroy();
      });
    }
  };
  const server = serverFor(url.protocol, certificate, accept);
  // A client that does not like the certificate goes.
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    cut() {
      isCut = true;
      drop();
    },
    hush() {
      isHushed = true;
      for (const { from, to } of pipes) from.unpipe(to);
    },
    mend() {
      isCut = false;
      if (isHushed) for (const { from, to } of pipes) from.pipe(to);
      isHushed = false;
    },
    connections: () => ends.size / 2,
    cutAfter(text) {
      last = text;
    },
    async [Symbol.asyncDispose]() {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serverFor(
  protocol: string,
  certificate: Certificate | undefined,
  accept: (near: Socket) => void,
): Server {
  if (!certificate) return createServer(accept);
  if (!protocol.startsWith('postgres')) return createTlsServer(certificate, accept);
  return createServer((near) => {
    near.on('error', () => {});
    near.once('data', (asked: Buffer) => {
      if (!asked.equals(sslRequest)) return near.destroy();
      near.write(sslThere);
      accept(new TLSSocket(near, { isServer: true, ...certificate }));
    });
  });
}
