// Where notices go: a web address, a mail server, a broker. A notice is a job of its own, kept and tried again until whoever it is for has it, so a notifier
// only has to deliver one and to say how it went.
import type { JsonValue } from "#base/json.ts";

/** What somebody is to be told. */
export interface Notice {
  /** One line. */
  readonly subject: string;
  /** For people: lines, the last without an end. */
  readonly text: string;
  /** `job.failed`; missing: a rule or a person sent it. */
  readonly event?: string;
  readonly atMs: number;
  /** The machine it comes from. */
  readonly host: string;
  /** For programs. */
  readonly data: JsonValue;
}

/** A notice on its way. */
export interface Delivering extends Notice {
  /** The same in each attempt, so that whoever gets it twice can tell. */
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
}

export interface Notifier {
  /**
   * Resolves with the receiver's own words (`200`, `250 2.0.0 Ok: queued as 4F1`) once it has the notice.
   * Rejects with PermanentError when trying again cannot help, with BusyError when it has to wait, with any other error when it may.
   */
  deliver(notice: Delivering, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

interface Tls {
  /** Absolute paths of PEM files. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly isVerified: boolean;
}

export interface WebhookTarget {
  readonly type: "webhook";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Signs what is sent. */
  readonly secret?: string;
  /** What is sent instead of the usual: `{subject}` and the like in its texts are replaced. */
  readonly body?: JsonValue;
  readonly tls: Tls;
  readonly proxy?: string;
}

export interface MailTarget {
  readonly type: "mail";
  /** `smtp://user:password@host:587`, `smtps://…`. */
  readonly server: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly tls: Tls & { /** Nothing is said before the connection is encrypted. */ readonly isRequired: boolean };
}

export interface AmqpTarget {
  readonly type: "amqp";
  /** `amqp://user:password@host:5672/vhost`, `amqps://…`. */
  readonly url: string;
  /** "": the default exchange, which brings it to the queue that is called as the routing key. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly tls: Tls;
}

export type NotifierTarget = WebhookTarget | MailTarget | AmqpTarget;
