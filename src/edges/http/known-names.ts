// By which names browsers may call us, and which pages may tell us something. A page elsewhere can have its own name point to this machine
// (DNS rebinding): a name that we do not know is refused. An address in digits cannot be made to point elsewhere, so any of ours will do.
import { isIP } from "node:net";
import { hostname } from "node:os";
import { isLoopback } from "#base/loopback.ts";
import type { HttpPlan } from "#kernel/config/plan.ts";

export interface KnownNames {
  /** Of a request's `Host`. */
  isOurs(host: string | undefined): boolean;
  /** Whether a page from there is our own, of which the request says it went to `host`. */
  isOwnPage(origin: string, host: string | undefined): boolean;
}

/** A name or an address, with or without a port. */
const HOST = /^(\[[\da-f:.]+\]|[^\s:/?#@[\]\\]+)(?::(\d{1,5}))?$/i;

export function knownNames({ host, tls, allowedHosts }: Pick<HttpPlan, "host" | "tls" | "allowedHosts">, machine: string = hostname()): KnownNames {
  const named = new Set(allowedHosts.map((name) => name.toLowerCase()));
  const own = new Set(["localhost", host.toLowerCase(), ...(isLoopback(host) ? [] : [machine.toLowerCase()])]);
  const isNamed = (name: string, port: string | undefined): boolean => named.has(name) || (port !== undefined && named.has(`${name}:${port}`));
  const isOurs = (given: string | undefined): boolean => {
    const [, name = "", port] = HOST.exec(given?.toLowerCase() ?? "") ?? [];
    const bare = name.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
    return bare !== "" && (isIP(bare) !== 0 || own.has(bare) || isNamed(name.replace(/\.$/, ""), port));
  };
  return {
    isOurs,
    isOwnPage(origin, given) {
      const page = urlOf(origin);
      if (page === undefined || !(page.protocol === "https:" || (page.protocol === "http:" && tls === undefined))) return false;
      if (isOurs(given) && page.host === urlOf(`${page.protocol}//${given}`)?.host) return true;
      return isNamed(page.hostname, page.port === "" ? undefined : page.port); // A proxy in front calls us by another name than browsers call it.
    },
  };
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
