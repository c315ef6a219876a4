import type { Activity } from "@chatstream/client";
import { Table } from "../../components/Table.tsx";
import { format } from "../../strings.ts";
import { Chart } from "../charts/Chart.tsx";
import { Lines } from "../charts/Lines.tsx";
import { StackedBars } from "../charts/StackedBars.tsx";
import { ceiling, greatest } from "../charts/scale.ts";
import { strings } from "../strings.ts";
import { type Answers, countOf, STATUSES } from "./count.ts";

const words = strings.activity;

/** When a step began: the time of day is enough. */
function timeOf(at: string): string {
  return format.time(at);
}

function endsOf({ steps, until }: Activity): [string, string] {
  return [steps[0] ? timeOf(steps[0].at) : "", timeOf(until)];
}

/** How many answers began, and what came of them. */
export function AnswersChart({ activity }: { activity: Activity }) {
  const { steps, total } = activity;
  const most = greatest(steps.map(({ answers }) => countOf(answers)));
  const top = ceiling(most);
  const layers = STATUSES.map((status) => ({
    look: `status-${status}`,
    values: steps.map(({ answers }) => answers.counts[status]),
  }));
  return (
    <Chart
      title={words.byTime}
      label={words.barsLabel(countOf(total), total.counts.error + total.counts.interrupted, most)}
      steps={steps.length}
      top={format.number(top)}
      ends={endsOf(activity)}
      legend={STATUSES.map((status) => ({ name: words.statuses[status] ?? status, look: `status-${status}` }))}
    >
      <StackedBars
        layers={layers}
        top={top}
        titles={steps.map(({ at, answers }) => `${timeOf(at)}: ${summary(answers)}`)}
      />
    </Chart>
  );
}

function summary(answers: Answers): string {
  const parts = STATUSES.filter((status) => answers.counts[status] > 0).map(
    (status) => `${words.statuses[status]} ${format.number(answers.counts[status])}`,
  );
  return parts.join(", ") || words.none;
}

/** How long people waited for the first words. */
export function FirstTokenChart({ activity }: { activity: Activity }) {
  const half = activity.steps.map(({ answers }) => answers.first_token_ms.p50);
  const most = activity.steps.map(({ answers }) => answers.first_token_ms.p95);
  const top = ceiling(greatest(most));
  return (
    <Chart
      title={words.firstTokenByTime}
      label={words.linesLabel(words.ms(greatest(half)), words.ms(greatest(most)))}
      steps={activity.steps.length}
      top={words.ms(top)}
      ends={endsOf(activity)}
      legend={[
        { name: words.p95, look: "line-p95" },
        { name: words.median, look: "line-p50" },
      ]}
    >
      <Lines
        top={top}
        lines={[
          { look: "line-p95", values: most },
          { look: "line-p50", values: half },
        ]}
      />
    </Chart>
  );
}

/** What both drawings show, to read. Steps without answers are left out. */
export function StepTable({ activity }: { activity: Activity }) {
  return (
    <details className="as-table">
      <summary>{strings.common.table}</summary>
      <Table
        caption={words.byTime}
        rows={activity.steps.filter(({ answers }) => countOf(answers) > 0)}
        keyOf={({ at }) => at}
        columns={[
          { title: words.time, isHeading: true, cell: ({ at }) => timeOf(at) },
          ...STATUSES.map((status) => ({
            title: words.statuses[status] ?? status,
            cell: ({ answers }: { answers: Answers }) => format.number(answers.counts[status]),
          })),
          {
            title: `${words.firstToken} (${words.median})`,
            cell: ({ answers }) => words.ms(answers.first_token_ms.p50),
          },
          { title: `${words.firstToken} (${words.p95})`, cell: ({ answers }) => words.ms(answers.first_token_ms.p95) },
        ]}
      />
    </details>
  );
}
