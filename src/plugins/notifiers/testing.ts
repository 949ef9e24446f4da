// A mail server for tests, on the loopback.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import type { SMTPServerOptions } from "smtp-server";

export async function mailServer(options: SMTPServerOptions) {
  const mails: { readonly rcpt: readonly string[]; readonly text: string }[] = [];
  /** To the next receivers that are named. */
  const answers: { readonly code: number; readonly text: string }[] = [];
  const server = new SMTPServer({
    logger: false,
    ...options,
    onRcptTo(_address, _session, done) {
      const answer = answers.shift();
      done(answer === undefined ? null : Object.assign(new Error(answer.text), { responseCode: answer.code }));
    },
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        mails.push({ rcpt: session.envelope.rcptTo.map(({ address }) => address), text: Buffer.concat(pieces).toString("utf8") });
        done();
      });
    },
  });
  server.on("error", () => {}); // A client that hangs up.
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  return {
    mails,
    answers,
    port: (server.server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())),
  };
}
