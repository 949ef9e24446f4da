// A rule is what a file of the rules folder exports: `test.module:TestClass.callme`.
export class TestClass {
  static callme(args: { readonly arg1?: string }): { readonly hello: string } {
    console.log("called with", args); // Stands in the job's history.
    return { hello: args.arg1 ?? "nobody" };
  }
}
