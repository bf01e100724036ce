// A mail server on this machine that keeps what it is given.

import { once } from "node:events";
import { SMTPServer } from "smtp-server";

/**
 * A mail server: `{ address, emails, arrived, stop }`; each email has `to`, `subject` and `text`.
 *
 * Without a certificate it speaks in the open; with one, from the first byte (`secure`) or when asked to. `refuse` says of an
 * address with which code it is refused, if it is.
 */
export async function startMail({ certificate, secure = false, refuse = () => undefined } = {}) {
  const emails = [];
  const waiting = new Set();
  const server = new SMTPServer({
    ...(certificate ? { ...certificate, secure } : { authOptional: true, disabledCommands: ["STARTTLS"], allowInsecureAuth: true }),
    onRcptTo({ address }, _session, done) {
      const responseCode = refuse(address);
      done(responseCode && Object.assign(new Error(`${address} is refused`), { responseCode }));
    },
    onAuth: ({ username, password }, _session, done) =>
      username === "accord" && password === "secret" ? done(null, { user: username }) : done(new Error("wrong password")),
    onData(stream, session, done) {
      const chunks = [];
      stream.on("data", (chunk) => chunks.push(chunk));
      stream.on("end", () => {
        const raw = Buffer.concat(chunks).toString();
        const [head, ...body] = raw.split("\r\n\r\n");
        const subject = head.match(/^Subject: (.*(?:\r\n[ \t].*)*)/m)?.[1].replace(/\r\n[ \t]/g, " ");
        // Lines longer than 76 characters come folded, with = at the end.
        const text = body.join("\r\n\r\n").replace(/=\r\n/g, "").replace(/=3D/g, "=");
        emails.push({ to: session.envelope.rcptTo.map(({ address }) => address), user: session.user, secure: session.secure, subject, text, head });
        for (const look of waiting) look();
        done();
      });
    },
  });
  server.on("error", () => {}); // a client that does not trust the certificate hangs up
  server.listen(0, certificate ? "localhost" : "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address();

  /** The emails that a test accepts, as soon as there are so many. */
  const arrived = (count, accept, patience = 30_000) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = emails.filter(accept);
        if (found.length < count) return;
        clearTimeout(late);
        waiting.delete(look);
        resolve(found);
      };
      const late = setTimeout(() => {
        waiting.delete(look);
        const all = emails.map(({ subject }) => subject).join("\n");
        reject(new Error(`${emails.filter(accept).length} of ${count} emails came. All:\n${all}`));
      }, patience);
      waiting.add(look);
      look();
    });

  const stop = () => new Promise((resolve) => server.close(resolve));
  const address = certificate
    ? `${secure ? "smtps" : "smtp"}://accord:secret@localhost:${port}${secure ? "" : "?tls=required"}`
    : `smtp://accord:secret@127.0.0.1:${port}`;
  return { address, emails, arrived, stop };
}
