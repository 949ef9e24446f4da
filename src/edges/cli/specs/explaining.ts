// Commands about the program itself.
import type { CommandSpec } from "../command.ts";

export const explaining: readonly CommandSpec[] = [
  {
    name: "explain",
    isMinor: true,
    arguments: "<code>",
    summary: { en: "explain a code of a config problem", ko: "설정 문제의 코드를 설명" },
    examples: [{ line: "dure explain DURE101", text: { en: "", ko: "" } }],
    load: async () => (await import("../commands/explain.ts")).explain,
  },
  {
    name: "completion",
    isMinor: true,
    arguments: "<shell>",
    actions: ["bash", "zsh", "fish", "powershell"],
    summary: { en: "print the script that lets a shell complete with Tab", ko: "셸에서 Tab 완성을 쓰게 하는 스크립트를 출력" },
    examples: [
      { line: 'eval "$(dure completion bash)"', text: { en: "in ~/.bashrc; zsh: the same in ~/.zshrc", ko: "~/.bashrc에; zsh도 같은 식으로 ~/.zshrc에" } },
      { line: "dure completion fish > ~/.config/fish/completions/dure.fish", text: { en: "", ko: "" } },
      { line: "dure completion powershell | Out-String | Invoke-Expression", text: { en: "in $PROFILE", ko: "$PROFILE에" } },
    ],
    load: async () => (await import("../commands/completion.ts")).completion,
  },
  {
    name: "man",
    isMinor: true,
    summary: { en: "print the manual page (roff)", ko: "매뉴얼 페이지(roff)를 출력" },
    examples: [{ line: "dure man > dure.1 && man -l dure.1", text: { en: "--lang ko for Korean", ko: "영어는 --lang en" } }],
    load: async () => (await import("../commands/man.ts")).man,
  },
  {
    name: "version",
    isMinor: true,
    summary: { en: "print the version", ko: "버전을 출력" },
    examples: [{ line: "dure version --json", text: { en: "with the runtime's", ko: "런타임 버전과 함께" } }],
    load: async () => (await import("../commands/version.ts")).version,
  },
  {
    name: "help",
    arguments: "[topic] [verb]",
    summary: { en: "explain a command, the config, words, exit codes", ko: "명령, 설정, 용어, 종료 코드를 설명" },
    examples: [
      { line: "dure help run", text: { en: "a command", ko: "명령 하나" } },
      { line: "dure help config", text: { en: "also remote, glossary, exit-codes, json", ko: "그 밖에 remote, glossary, exit-codes, json" } },
    ],
    load: async () => (await import("../commands/help.ts")).help,
  },
];
