// One message that was sent, and what came back.
import { judgedJson } from "../../parts/text/json-fault.ts";

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(text: string): Fields | undefined {
  const judged = judgedJson(text);
  return "value" in judged && typeof judged.value === "object" && judged.value !== null && !Array.isArray(judged.value) ? (judged.value as Fields) : undefined;
}

/** `start worker 3(40)`, `test.module:TestClass.callme`; what is no message is its beginning. */
export function subjectOf(text: string): string {
  const fields = fieldsOf(text);
  const code = fields?.["op_code"];
  if (typeof code === "object" && code !== null) {
    const { module = "", class: className, function: name, fuction } = code as Fields;
    const called = [className, name ?? fuction].filter((part) => typeof part === "string" && part !== "").join(".");
    return `${String(module)}:${called}`;
  }
  const order = ["op_action", "op_target", "op_detail"].map((name) => fields?.[name]).filter((part) => typeof part === "string" && part !== "");
  return order.length > 0 ? order.join(" ") : text.trim().slice(0, 60);
}

/** It ends the jobs of the agent. */
export function isStopAll(text: string): boolean {
  const fields = fieldsOf(text);
  return fields?.["op_action"] === "stop" && fields["op_target"] === "all";
}

/** `"1"` is well, `"2"` is not; undefined: the reply says neither. */
export function isSuccess(reply: string): boolean | undefined {
  const success = fieldsOf(reply)?.["success"];
  return success === "1" ? true : success === "2" ? false : undefined;
}

export function hasFuction(text: string): boolean {
  const code = fieldsOf(text)?.["op_code"];
  return typeof code === "object" && code !== null && "fuction" in code && !("function" in code);
}

/** For a POSIX shell. */
export function commandOf(text: string): string {
  const judged = judgedJson(text);
  const line = "value" in judged ? JSON.stringify(judged.value) : text;
  return `dure job message --text '${line.replaceAll("'", `'\\''`)}'`;
}
