// Who is at the other end of a connection: the agent's own user of this machine without asking, anybody else once he has logged in. He is asked for anew at each
// line, so that a login that ends, ends here too.
import type { Socket } from "node:net";
import { say } from "#base/lang.ts";
import type { Caller } from "#kernel/access/caller.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { localVisitor, loginFirst, plainAddress } from "./local-visitor.ts";
import type { ConsoleRoomParts } from "./console-room.ts";
import type { OldResult } from "./old-answers.ts";
import { reasonOf } from "./old-answers.ts";

/** Passwords are slowed down by the house; who goes on and on has to connect anew. */
const WRONG_MAX = 5;

type Secret = { readonly cookie: string } | { readonly bearer: string };

export class ConsoleVisitor {
  readonly address: string;
  readonly #parts: ConsoleRoomParts;
  readonly #socket: Socket;
  #local: Caller | undefined;
  #secret: Secret | undefined;
  #name: string | undefined;
  #why: CommandFailure = loginFirst();
  #wrong = 0;

  constructor(parts: ConsoleRoomParts, socket: Socket) {
    this.#parts = parts;
    this.#socket = socket;
    this.address = plainAddress(socket);
  }

  /** Whether no login is needed. */
  async arrive(): Promise<boolean> {
    const { isLoginNeeded, peerUser } = this.#parts;
    const found = await localVisitor(this.#socket, { edge: "console", isLoginNeeded, peerUser });
    if (found instanceof CommandFailure) {
      this.#why = found;
      return false;
    }
    this.#local = found;
    return true;
  }

  get isKnown(): boolean {
    return this.#local !== undefined || this.#secret !== undefined;
  }

  get isAskedPassword(): boolean {
    return this.#name !== undefined;
  }

  get isTiresome(): boolean {
    return WRONG_MAX <= this.#wrong;
  }

  askPassword(name: string): void {
    this.#name = name;
  }

  async password(password: string): Promise<OldResult> {
    const name = this.#name ?? "";
    this.#name = undefined;
    return this.#comeIn(async () => {
      const { secret } = await this.#parts.access.login({ name, password, address: this.address, browser: "console", edge: "console" });
      return { cookie: secret };
    });
  }

  token(bearer: string): Promise<OldResult> {
    return this.#comeIn(async () => ({ bearer }));
  }

  /** Rejects with why he may say nothing. */
  async caller(): Promise<Caller> {
    if (this.#secret !== undefined) {
      const caller = await this.#authenticate(this.#secret);
      if (caller !== undefined) return caller;
      this.#secret = undefined;
      throw loginFirst();
    }
    if (this.#local === undefined) throw this.#why;
    return this.#local;
  }

  async leave(): Promise<void> {
    const secret = this.#secret;
    this.#secret = undefined;
    if (secret === undefined || !("cookie" in secret)) return;
    try {
      const caller = await this.#authenticate(secret);
      if (caller !== undefined) await this.#parts.access.logout(secret.cookie, caller);
    } catch (error) {
      this.#parts.log.warn("a login of the console could not be ended; it ends by itself", { error });
    }
  }

  async #comeIn(find: () => Promise<Secret>): Promise<OldResult> {
    await this.leave();
    try {
      const secret = await find();
      const caller = await this.#authenticate(secret);
      if (caller === undefined) throw new CommandFailure("UNAUTHENTICATED", { message: "this token is not known here, or has ended", ko: { message: "모르는 토큰이거나 만료되었습니다" } });
      this.#secret = secret;
      this.#wrong = 0;
      return { isDone: true, message: say({ en: `${caller.name} logged in (${caller.role})`, ko: `${caller.name} 로그인했습니다 (${caller.role})` }) };
    } catch (error) {
      this.#wrong += 1;
      return { isDone: false, message: reasonOf(error) };
    }
  }

  #authenticate(secret: Secret): Promise<Caller | undefined> {
    return this.#parts.access.authenticate({ ...secret, edge: "console", address: this.address });
  }
}
