// What fills an agent without jobs: a line of config, a first rule, and the command that runs it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Choice } from "../parts/choice.tsx";
import { copyText } from "../parts/copy.ts";
import { words as frameWords } from "../words/frame.ts";
import { words } from "../words/jobs.ts";
import { say } from "../words/say.ts";
import { FIRST_JOB, FIRST_RULES, JOBS_YAML } from "./rule-example.ts";
import "./first-rule.css";

export function FirstRule({ title, text }: { readonly title: string; readonly text: string }) {
  const [language, setLanguage] = useState<keyof typeof FIRST_RULES>("typescript");
  const rule = FIRST_RULES[language];
  return (
    <div class="empty first-rule">
      <h2>{title}</h2>
      <p>{text}</p>
      <ol>
        <Step title={`${say(words.stepConfig)} (dure.yml)`} text={JOBS_YAML} />
        <Step title={`${say(words.stepRule)} (${rule.file})`} text={rule.text}>
          <Choice
            label={say(words.language)}
            name="rule-language"
            value={language}
            options={[
              ["typescript", "TypeScript"],
              ["python", "Python"],
            ]}
            choose={setLanguage}
          />
        </Step>
        <Step title={say(words.stepRun)} text={FIRST_JOB} />
      </ol>
    </div>
  );
}

function Step({ title, text, children }: { readonly title: string; readonly text: string; readonly children?: ComponentChildren }) {
  return (
    <li>
      <div class="first-rule-head">
        <strong>{title}</strong>
        {children}
        <button type="button" class="button small" onClick={() => void copyText(text)}>
          {say(frameWords.copy)}
        </button>
      </div>
      <pre class="command" tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </li>
  );
}
