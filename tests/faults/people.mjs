// People at the pages, by their forms alone. Each keeps what it was told is done, and what it never heard of.

export class Client {
  constructor(address, ledger) {
    Object.assign(this, { address, ledger, cookies: new Map() });
  }

  async send(path, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(this.address + path, {
      redirect: "manual",
      ...options,
      headers: { ...options.headers, cookie },
      signal: AbortSignal.timeout(30_000),
    });
    for (const one of answer.headers.getSetCookie()) {
      const [name, value] = one.split(";")[0].split("=");
      this.cookies.set(name, value);
    }
    return { status: answer.status, location: answer.headers.get("location"), text: await answer.text() };
  }

  /** A page, or nothing when the service does not answer for the moment. */
  async page(path) {
    try {
      const answer = await this.send(path);
      if (answer.status === 200) return answer.text;
      // A session ends when the clock says so.
      if (answer.location?.startsWith("/sign-in")) await this.signIn(...this.signedInAs);
    } catch {
      // As for any answer that is no page.
    }
    return null;
  }

  post(path, fields) {
    return this.send(path, { method: "POST", body: new URLSearchParams(fields) });
  }

  /** What must be done before the rehearsal begins. */
  async must(path, fields) {
    const answer = await this.post(path, fields);
    if (answer.status !== 303) throw new Error(`${path} answered ${answer.status}: ${answer.text.replace(/<[^>]*>|\s+/g, " ").slice(0, 2_000)}`);
    return answer.location;
  }

  async signIn(email, password) {
    this.signedInAs = [email, password];
    await this.must("/sign-in", [["email", email], ["password", password]]);
  }

  /** Does something that the history records, and keeps what it was told. */
  async act(kind, subject, path, fields) {
    try {
      const answer = await this.post(path, fields);
      if (answer.status === 303) {
        this.ledger.add(this.ledger.done, kind, subject);
        this.ledger.times.push(performance.now());
        return answer;
      }
      // A refusal says that nothing was done; a fault does not say what was.
      if (answer.status >= 500) this.ledger.add(this.ledger.unknown, kind, subject);
      else this.ledger.add(this.ledger.refused, kind, answer.status);
      return answer;
    } catch {
      this.ledger.add(this.ledger.unknown, kind, subject);
      return null;
    }
  }
}

/** The value of the first hidden field of a name. */
export function hidden(page, name) {
  return page.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];
}

/** Every match of a pattern's first group, each once. */
export function all(page, pattern) {
  return [...new Set([...page.matchAll(pattern)].map((found) => found[1]))];
}
