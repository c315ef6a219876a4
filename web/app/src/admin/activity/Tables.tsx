import type { Activity } from "@chatstream/client";
import { Empty } from "../../components/Notes.tsx";
import { Table } from "../../components/Table.tsx";
import { sentenceOf } from "../../errors.ts";
import { Link } from "../../router.tsx";
import { format } from "../../strings.ts";
import { strings } from "../strings.ts";
import { countOf } from "./count.ts";

const words = strings.activity;

/** The agents by how much they do. */
export function AgentTable({ agents }: { agents: Activity["agents"] }) {
  if (agents.length === 0) return <Empty>{words.noAnswers}</Empty>;
  return (
    <Table
      caption={words.byAgent}
      rows={agents}
      keyOf={({ agent_id }) => agent_id}
      columns={[
        {
          title: words.agent,
          isHeading: true,
          cell: ({ agent_id, name }) => <Link href={`/admin/agents/${agent_id}`}>{name}</Link>,
        },
        { title: words.answers, cell: ({ answers }) => format.number(countOf(answers)) },
        {
          title: words.failed,
          cell: ({ answers }) => format.number(answers.counts.error + answers.counts.interrupted),
        },
        {
          title: words.firstToken,
          cell: ({ answers: { first_token_ms: ms } }) => `${words.ms(ms.p50)} / ${words.ms(ms.p95)}`,
        },
        {
          title: words.duration,
          isMinor: true,
          cell: ({ answers: { duration_ms: ms } }) => `${words.ms(ms.p50)} / ${words.ms(ms.p95)}`,
        },
      ]}
    />
  );
}

/** Why answers failed, with what to do. */
export function FailureTable({ failures }: { failures: Activity["failures"] }) {
  if (failures.length === 0) return <Empty>{words.noFailures}</Empty>;
  return (
    <Table
      caption={words.byCode}
      rows={failures}
      keyOf={({ code }) => code}
      columns={[
        {
          title: words.code,
          isHeading: true,
          cell: ({ code }) => <Link href={`/admin/errors?code=${encodeURIComponent(code)}`}>{code}</Link>,
        },
        { title: words.count, cell: ({ count }) => format.number(count) },
        { title: strings.errors.meaning, cell: ({ code }) => sentenceOf(code) },
      ]}
    />
  );
}
