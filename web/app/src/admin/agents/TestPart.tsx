import type { Diagnosis } from "@chatstream/client";
import { useEffect, useRef, useState } from "react";
import { Button } from "../../components/Button.tsx";
import { Icon, type IconName } from "../../components/icons.tsx";
import { ErrorNote, Loading, Note } from "../../components/Notes.tsx";
import { useAct } from "../../hooks.ts";
import { format } from "../../strings.ts";
import { admin } from "../api.ts";
import { strings } from "../strings.ts";
import { type Outcome, stepsOf } from "./steps.ts";

const words = strings.agents;
const ICONS: Record<Outcome, IconName> = { good: "check", poor: "warning", bad: "close", open: "dots" };

/** Calls the workflow once and shows how far it came. `isTouched`: the form says something else than what is stored. */
export function TestPart({ agentId, isTouched }: { agentId: string; isTouched: boolean }) {
  const [seen, setSeen] = useState<Diagnosis>();
  const test = useAct(async () => {
    setSeen(undefined);
    setSeen(await admin.testAgent(agentId));
  });
  return (
    <section className="panel" aria-labelledby="test-heading">
      <h2 id="test-heading">{words.test}</h2>
      <p>{words.testHelp}</p>
      {isTouched && <Note>{words.testUnsaved}</Note>}
      <div className="form-actions">
        <Button icon="again" isBusy={test.isRunning} onClick={() => void test.run()}>
          {words.testRun}
        </Button>
      </div>
      {test.isRunning && <Loading label={words.testRunning} />}
      <ErrorNote error={test.error} />
      {seen && <Result seen={seen} />}
    </section>
  );
}

function Result({ seen }: { seen: Diagnosis }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const verdict = seen.ok ? (seen.streaming ? words.testGood : words.testPlain) : words.testBad;
  return (
    <div className="diagnosis">
      <h3 ref={heading} tabIndex={-1}>
        {verdict}
      </h3>
      <ol className="steps">
        {stepsOf(seen).map(({ name, outcome }) => (
          <li key={name} className={outcome}>
            <Icon name={ICONS[outcome]} />
            <span>
              {words.steps[name]} <span className="small">({words.outcomes[outcome]})</span>
            </span>
          </li>
        ))}
      </ol>
      <h4>{words.advice}</h4>
      <p className="advice" dir="auto">
        {seen.detail}
      </p>
      <Facts seen={seen} />
      {seen.sample && (
        <>
          <h4>{words.sample}</h4>
          <blockquote dir="auto">{seen.sample}</blockquote>
        </>
      )}
    </div>
  );
}

function Facts({ seen }: { seen: Diagnosis }) {
  const { ms } = strings.activity;
  const facts: [string, string][] = [
    [words.status, seen.status_code === null ? "–" : String(seen.status_code)],
    [words.format, seen.format === null ? "–" : (words.formats[seen.format] ?? seen.format)],
    [words.chunks, format.number(seen.chunks)],
    [words.firstByte, ms(seen.time_to_first_byte_ms)],
    [words.total, ms(seen.total_ms)],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
