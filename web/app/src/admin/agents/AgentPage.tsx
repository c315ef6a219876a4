import type { Agent } from "@chatstream/client";
import { useState } from "react";
import { learnAgents } from "../../chats/agents.ts";
import { Button } from "../../components/Button.tsx";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { ErrorNote, Loading } from "../../components/Notes.tsx";
import { useAct, useLoad } from "../../hooks.ts";
import { Link, navigate } from "../../router.tsx";
import type { RouteProps } from "../../routes.tsx";
import { notify } from "../../state/notices.ts";
import { AdminPage } from "../AdminPage.tsx";
import { admin } from "../api.ts";
import { strings } from "../strings.ts";
import { AgentForm } from "./AgentForm.tsx";
import { AvatarPart } from "./AvatarPart.tsx";
import { TestPart } from "./TestPart.tsx";

const words = strings.agents;

/** A new agent. Its picture and the test come once it is stored. */
export function NewAgentPage() {
  return (
    <AdminPage title={words.new}>
      <AgentForm
        agent={undefined}
        onSave={async (changes) => {
          const agent = await admin.createAgent(changes as Parameters<typeof admin.createAgent>[0]);
          learnAgents([agent]);
          notify(words.created);
          navigate(`/admin/agents/${agent.id}`, { replace: true });
        }}
      />
    </AdminPage>
  );
}

/** One agent: all that can be set, its picture, and the test of its workflow. */
export function AgentPage({ params }: RouteProps) {
  const id = params.id ?? "";
  const { data, error, reload, setData } = useLoad(id, (signal) => admin.agent(id, signal));
  const take = (agent: Agent) => {
    setData(agent);
    learnAgents([agent]);
  };
  return (
    <AdminPage title={data?.name ?? words.edit} actions={data && <DeleteButton agent={data} />}>
      {data ? <Loaded agent={data} onChange={take} /> : <ErrorNote error={error} onRetry={reload} />}
      {!data && !error && <Loading />}
    </AdminPage>
  );
}

function Loaded({ agent, onChange }: { agent: Agent; onChange: (agent: Agent) => void }) {
  const [isTouched, setIsTouched] = useState(false);
  const [saves, setSaves] = useState(0);
  return (
    <div className="agent-page">
      {/* Once stored, the form begins anew from what the server says: others may have changed it too. */}
      <AgentForm
        key={saves}
        agent={agent}
        takesFocus={saves > 0}
        onTouch={setIsTouched}
        onSave={async (changes) => {
          onChange(await admin.changeAgent(agent.id, changes));
          setSaves((count) => count + 1);
          notify(words.saved);
        }}
      />
      <div className="agent-side">
        <TestPart agentId={agent.id} isTouched={isTouched} />
        <AvatarPart agent={agent} onChange={onChange} />
        <section className="panel">
          <p>
            <Link href={`/admin/agents/${agent.id}/feedback`}>{words.feedback}</Link>
          </p>
          <p>
            <Link href={`/admin/errors?agent_id=${agent.id}`}>{words.errorsOf}</Link>
          </p>
        </section>
      </div>
    </div>
  );
}

function DeleteButton({ agent }: { agent: Agent }) {
  const [isAsking, setIsAsking] = useState(false);
  const deleting = useAct(async () => {
    await admin.deleteAgent(agent.id);
    notify(words.deleted);
    navigate("/admin/agents", { replace: true });
  });
  return (
    <>
      <Button icon="trash" onClick={() => setIsAsking(true)}>
        {words.deleteShort}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={words.deleteTitle}
          text={words.deleteText(agent.name)}
          action={words.delete}
          isBusy={deleting.isRunning}
          onConfirm={() => void deleting.run()}
          onClose={() => setIsAsking(false)}
        >
          <ErrorNote error={deleting.error} />
        </ConfirmDialog>
      )}
    </>
  );
}
