// `test.module:TestClass.callme` as the parts that the command line takes, and back.
export function ruleParts(rule: string): { readonly module: string; readonly name: string } {
  const at = rule.indexOf(":");
  return at < 0 ? { module: rule, name: "" } : { module: rule.slice(0, at), name: rule.slice(at + 1) };
}
