import type { Activity } from "@chatstream/client";
import { useEffect } from "react";
import { SelectField } from "../components/Field.tsx";
import { ErrorNote, Loading, Note } from "../components/Notes.tsx";
import { useLoad } from "../hooks.ts";
import { Link, navigate, usePlace } from "../router.tsx";
import { format } from "../strings.ts";
import { AdminPage } from "./AdminPage.tsx";
import { Figures } from "./activity/Figures.tsx";
import { AnswersChart, FirstTokenChart, StepTable } from "./activity/OverTime.tsx";
import { AgentTable, FailureTable } from "./activity/Tables.tsx";
import { admin } from "./api.ts";
import { strings } from "./strings.ts";

/** How often to look again, while the page is in view. */
const EVERY_MS: Record<string, number> = { hour: 5_000, day: 60_000 };

/** What the team's agents are doing, kept up to date. */
export function OverviewPage() {
  const asked = usePlace().query.get("period");
  const period = asked === "day" ? "day" : "hour";
  const loaded = useLoad(period, (signal) => admin.activity(period, signal));
  useEvery(EVERY_MS[period] ?? 60_000, loaded.reload);
  const { data, error } = loaded;
  return (
    <AdminPage
      title={strings.activity.title}
      actions={
        <SelectField
          label={strings.activity.period}
          value={period}
          onChange={(event) =>
            navigate(event.target.value === "day" ? "/admin?period=day" : "/admin", { replace: true })
          }
        >
          {Object.entries(strings.activity.periods).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </SelectField>
      }
    >
      <ErrorNote error={error} onRetry={loaded.reload} />
      {data ? <Shown activity={data} /> : !error && <Loading />}
    </AdminPage>
  );
}

function Shown({ activity }: { activity: Activity }) {
  const isPartial = activity.counted_since !== activity.since;
  return (
    <div className="activity">
      {isPartial && <Note>{strings.activity.partly(format.moment(activity.counted_since))}</Note>}
      <Figures activity={activity} />
      <AnswersChart activity={activity} />
      <FirstTokenChart activity={activity} />
      <StepTable activity={activity} />
      <section>
        <h2>{strings.activity.byAgent}</h2>
        <AgentTable agents={activity.agents} />
      </section>
      <section>
        <h2>{strings.activity.byCode}</h2>
        <FailureTable failures={activity.failures} />
      </section>
      <p className="small">
        {strings.activity.updated(format.moment(activity.until))} ·{" "}
        <Link href="/admin/errors">{strings.pages.errors}</Link>
      </p>
    </div>
  );
}

/** Call back again and again, and at once when the page comes into view; never while it is hidden. */
function useEvery(ms: number, act: () => void): void {
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") act();
    };
    const timer = setInterval(look, ms);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [ms, act]);
}
