// The cookie of a login. Its name holds the port, for browsers send a cookie to every port of a host: two agents on one machine would
// else log each other out.

export interface CookiePlace {
  readonly port: number;
  /** The page was reached by TLS: then the cookie goes nowhere without it, and no other host can plant it (`__Host-`). */
  readonly isSecure: boolean;
}

/** The value of our cookie in a `Cookie` header. Where it is there twice, somebody planted one: neither counts. */
export function sessionOf(header: string | undefined, place: CookiePlace): string | undefined {
  const start = `${cookieName(place)}=`;
  const values = (header ?? "").split(";").map((part) => part.trim()).filter((part) => part.startsWith(start));
  return values.length === 1 ? values[0]?.slice(start.length) : undefined;
}

/** A `Set-Cookie` header; without a secret, one that takes the cookie away. */
export function setCookie(secret: string | undefined, place: CookiePlace, secondsMax: number): string {
  const age = secret === undefined ? 0 : secondsMax;
  return `${cookieName(place)}=${secret ?? ""}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${place.isSecure ? "; Secure" : ""}`;
}

export function cookieName({ port, isSecure }: CookiePlace): string {
  return `${isSecure ? "__Host-" : ""}dure-${port}`;
}
