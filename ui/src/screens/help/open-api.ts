// The agent's own description of its API, read as far as it is shown.
import type { Role } from "#kernel/access/caller.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "body";
  readonly isRequired: boolean;
  readonly description: string | undefined;
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface Operation {
  /** `pipelines.list`. */
  readonly command: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly summary: { readonly en: string; readonly ko: string };
  readonly role: Role;
  readonly isAudited: boolean;
  /** It answers with events until one goes. */
  readonly isStream: boolean;
  readonly parameters: readonly Parameter[];
  readonly answer: unknown;
  readonly errors: readonly (readonly [status: string, codes: string])[];
  readonly lines: readonly { readonly line: string; readonly text: string; readonly "text-ko"?: string }[];
}

interface Described {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: "path" | "query"; readonly required?: boolean; readonly description?: string; readonly schema?: Readonly<Record<string, unknown>> }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: { readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>>; readonly required?: readonly string[] } }>> };
  readonly responses?: Readonly<Record<string, { readonly description?: string; readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> }>>;
  readonly "x-command"?: string;
  readonly "x-summary-ko"?: string;
  readonly "x-role"?: Role;
  readonly "x-audited"?: boolean;
  readonly "x-cli"?: Operation["lines"];
}

export function operationsOf(document: { readonly paths?: Readonly<Record<string, Readonly<Record<string, Described>>>> }): readonly Operation[] {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods)
      // A read with much to say can be sent by POST, too: it is shown once.
      .filter(([, { operationId }]) => !operationId.endsWith("-by-post"))
      .map(([method, described]) => operationOf(path, method, described)),
  );
  return operations.sort((one, other) => one.command.localeCompare(other.command, "en"));
}

function operationOf(path: string, method: string, described: Described): Operation {
  const { operationId, summary = "", parameters = [], requestBody, responses = {} } = described;
  const body = requestBody?.content?.["application/json"]?.schema;
  const content = responses["200"]?.content ?? {};
  return {
    command: described["x-command"] ?? operationId,
    method: method.toUpperCase() as Operation["method"],
    path,
    summary: { en: summary, ko: described["x-summary-ko"] ?? summary },
    role: described["x-role"] ?? "viewer",
    isAudited: described["x-audited"] === true,
    isStream: "text/event-stream" in content,
    parameters: [
      ...parameters.map(({ name, in: place, required = false, description, schema = {} }) => ({ name, in: place, isRequired: required, description, schema })),
      ...Object.entries(body?.properties ?? {}).map(([name, schema]) => ({ name, in: "body" as const, isRequired: body?.required?.includes(name) === true, description: textOf(schema["description"]), schema })),
    ],
    answer: Object.values(content)[0]?.schema,
    errors: Object.entries(responses).flatMap(([status, { description = "" }]) => (status === "200" ? [] : [[status, description] as const])),
    lines: described["x-cli"] ?? [],
  };
}

/** `string`, `number ≥ 1`, `viewer | operator | admin`: what may stand there, in a few words. */
export function kindOf(schema: Readonly<Record<string, unknown>>): string {
  const { type, enum: words, items, default: preset } = schema;
  const kind = Array.isArray(words) ? words.join(" | ") : type === "array" && typeof items === "object" && items !== null ? `${kindOf(items as Readonly<Record<string, unknown>>)}[]` : (textOf(type) ?? "");
  return preset === undefined ? kind : `${kind} = ${JSON.stringify(preset)}`;
}

/** The request that `values` make; what is empty is left out. */
export function requestOf({ path, parameters }: Operation, values: Readonly<Record<string, string>>): { readonly url: string; readonly body: Readonly<Record<string, unknown>> } {
  let url = path;
  const query = new URLSearchParams();
  const body: Record<string, unknown> = {};
  for (const { name, in: place, schema } of parameters) {
    const value = values[name] ?? "";
    if (place === "path") url = url.replace(`{${name}}`, encodeURIComponent(value));
    else if (value === "") continue;
    else if (place === "query") query.set(name, value);
    else body[name] = jsonValue(value, schema);
  }
  const asked = query.toString();
  return { url: asked === "" ? url : `${url}?${asked}`, body };
}

function jsonValue(value: string, { type }: Readonly<Record<string, unknown>>): unknown {
  if (type === "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

export function curlOf(operation: Operation, values: Readonly<Record<string, string>>, origin: string): string {
  const { url, body } = requestOf(operation, values);
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  return [
    "curl",
    ...(operation.isStream ? ["-N"] : []),
    ...(operation.method === "GET" ? [] : ["-X", operation.method]),
    "-H 'Authorization: Bearer dure_…'",
    ...(operation.method === "GET" ? [] : ["-H 'Content-Type: application/json'", "-d", quoted(JSON.stringify(body))]),
    quoted(`${origin}${url}`),
  ].join(" ");
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
