// What fills a dashboard without jobs: the config, a first rule in each language, and the command that runs it.

export const JOBS_YAML = `jobs: ./rules`;

export const FIRST_RULES = {
  typescript: {
    file: "rules/test/module.ts",
    text: `export class TestClass {
  static callme(args: { arg1: string }) {
    return \`안녕하세요, \${args.arg1}\`;
  }
}`,
  },
  python: {
    file: "rules/test/module.py",
    text: `class TestClass:
    @staticmethod
    def callme(args):
        return "안녕하세요, " + args["arg1"]`,
  },
} as const;

export const FIRST_JOB = `dure job submit test.module:TestClass.callme --data '{"arg1":"길동"}' --wait`;
