// Help that needs no other host: where to begin, the keys, the API with every request to be tried, the words of the field.
import { KeyTable } from "../../frame/key-sheet.tsx";
import { Places } from "../../parts/places.tsx";
import { WithCode } from "../../parts/with-code.tsx";
import type { ScreenProps } from "../../screens.ts";
import { words } from "../../words/help.ts";
import { say } from "../../words/say.ts";
import { ApiBrowser } from "./api-browser.tsx";
import { glossary } from "./glossary.ts";
import "./help.css";

const places = [
  { rest: "", href: "/help", label: words.start },
  { rest: "api", href: "/help/api", label: words.api },
  { rest: "glossary", href: "/help/glossary", label: words.glossary },
] as const;

const firstSteps = [
  { label: words.start1, command: "dure ls", href: "/pipelines" },
  { label: words.start2, command: "dure tap NAME", href: "/pipelines" },
  { label: words.start3, command: "dure logs --grep TEXT", href: "/logs" },
  { label: words.start4, command: "dure dead-letters list", href: "/dead-letters" },
  { label: words.start5, command: "dure reload --plan", href: "/config" },
  { label: words.start6, command: "dure doctor", href: "/diagnostics" },
  { label: words.start7, command: "dure audit list", href: "/audit" },
] as const;

const addresses = [
  { href: "/health", label: words.addressHealth },
  { href: "/ready", label: words.addressReady },
  { href: "/metrics", label: words.addressMetrics },
  { href: "/api/openapi.json", label: words.addressApi },
] as const;

export function Help({ rest }: ScreenProps) {
  const at = places.find((place) => place.rest === rest) ?? places[0];
  return (
    <>
      <h1>{say(words.title)}</h1>
      <Places label={words.parts} places={places} at={at} />
      {at.rest === "api" ? <ApiBrowser /> : at.rest === "glossary" ? <Glossary /> : <Start />}
    </>
  );
}

function Start() {
  return (
    <div class="help-start">
      <section class="card">
        <h2>{say(words.terminal)}</h2>
        <p class="dim">
          <WithCode text={say(words.terminalText)} />
        </p>
        <dl class="help-pairs">
          {firstSteps.map(({ label, command, href }) => (
            <div key={command}>
              <dt>
                <a href={href}>{say(label)}</a>
              </dt>
              <dd>
                <code>{command}</code>
              </dd>
            </div>
          ))}
        </dl>
      </section>
      <section class="card">
        <h2>{say(words.addresses)}</h2>
        <dl class="help-pairs">
          {addresses.map(({ href, label }) => (
            <div key={href}>
              <dt>{say(label)}</dt>
              <dd>
                <a href={href} target="_blank" rel="noopener">
                  <code>{href}</code>
                </a>
              </dd>
            </div>
          ))}
        </dl>
      </section>
      <section class="card wide-card">
        <h2>{say(words.keys)}</h2>
        <KeyTable />
      </section>
    </div>
  );
}

function Glossary() {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={say(words.glossary)}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{say(words.korean)}</th>
            <th scope="col">{say(words.english)}</th>
            <th scope="col">{say(words.meaning)}</th>
          </tr>
        </thead>
        <tbody>
          {glossary.map(({ term, meaning }) => (
            <tr key={term.en}>
              <th scope="row" lang="ko" class="term">
                {term.ko}
              </th>
              <td lang="en">{term.en}</td>
              <td>{say(meaning)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
