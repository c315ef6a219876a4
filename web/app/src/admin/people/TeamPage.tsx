import type { Team, TeamChanges } from "@chatstream/client";
import { useState } from "react";
import { Button } from "../../components/Button.tsx";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { Field, SelectField } from "../../components/Field.tsx";
import { onSubmit } from "../../components/form.ts";
import { ErrorNote, Loading } from "../../components/Notes.tsx";
import { fieldError, isAllInFields } from "../../errors.ts";
import { type Act, useAct, useLoad } from "../../hooks.ts";
import { notify } from "../../state/notices.ts";
import { strings as common, format } from "../../strings.ts";
import { AdminPage } from "../AdminPage.tsx";
import { admin } from "../api.ts";
import { CopyField } from "../SecretLink.tsx";
import { strings } from "../strings.ts";

const words = strings.team;

/** The team's name, who may join it, and how long it keeps its chats. */
export function TeamPage() {
  const { data, error, reload, setData } = useLoad("team", (signal) => admin.team(signal));
  return (
    <AdminPage title={words.title}>
      {data ? <Loaded team={data} onChange={setData} /> : <ErrorNote error={error} onRetry={reload} />}
      {!data && !error && <Loading />}
    </AdminPage>
  );
}

function Loaded({ team, onChange }: { team: Team; onChange: (team: Team) => void }) {
  const [asked, setAsked] = useState<TeamChanges>();
  const saving = useAct(async (changes: TeamChanges) => {
    onChange(await admin.changeTeam(changes));
    setAsked(undefined);
    notify(words.saved);
  });
  const submit = (fields: Record<string, string>) => {
    const changes = changesOf(team, fields);
    if (deletesMore(team, changes)) setAsked(changes);
    else void saving.run(changes);
  };
  return (
    <div className="team-page">
      <TeamForm team={team} saving={saving} onSave={submit} />
      <section className="panel">
        {team.registration === "open" && (
          <CopyField label={words.link} text={`${location.origin}/register?team=${team.id}`} help={words.linkHelp} />
        )}
        <p className="small">
          {words.id}: <code>{team.id}</code>
        </p>
      </section>
      {asked && (
        <ConfirmDialog
          title={words.retentionTitle}
          text={words.retentionText(format.number(asked.retention_days ?? 0))}
          action={words.retentionConfirm}
          isBusy={saving.isRunning}
          onConfirm={() => void saving.run(asked)}
          onClose={() => setAsked(undefined)}
        >
          <ErrorNote error={saving.error} />
        </ConfirmDialog>
      )}
    </div>
  );
}

interface FormProps {
  team: Team;
  saving: Act<[TeamChanges]>;
  onSave: (fields: Record<string, string>) => void;
}

function TeamForm({ team, saving: { error, isRunning }, onSave }: FormProps) {
  return (
    <form className="wide-form" onSubmit={onSubmit(onSave)}>
      <Field
        label={words.name}
        name="name"
        required
        maxLength={200}
        dir="auto"
        defaultValue={team.name}
        error={fieldError(error, "name")}
      />
      <SelectField
        label={words.registration}
        name="registration"
        defaultValue={team.registration}
        help={team.registration === "open" ? words.registrationHelp : undefined}
        error={fieldError(error, "registration")}
      >
        {Object.entries(words.registrations).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </SelectField>
      <Field
        label={words.retention}
        name="retention_days"
        type="number"
        min={1}
        max={3650}
        defaultValue={team.retention_days ?? ""}
        help={words.retentionHelp}
        error={fieldError(error, "retention_days")}
      />
      {error && !isAllInFields(error, ["name", "registration", "retention_days"]) && <ErrorNote error={error} />}
      <div className="form-actions">
        <Button type="submit" look="primary" isBusy={isRunning}>
          {common.common.save}
        </Button>
      </div>
    </form>
  );
}

/** The fields that differ from what was loaded. */
function changesOf(
  team: Team,
  { name = "", registration = "", retention_days = "" }: Record<string, string>,
): TeamChanges {
  const days = retention_days.trim() === "" ? null : Number(retention_days);
  return {
    ...(name.trim() !== team.name ? { name: name.trim() } : {}),
    ...(registration !== team.registration ? { registration: registration === "open" ? "open" : "invite" } : {}),
    ...(days !== team.retention_days ? { retention_days: days } : {}),
  };
}

/** Whether chats that are kept now would go. */
function deletesMore(team: Team, { retention_days: days }: TeamChanges): boolean {
  return typeof days === "number" && (team.retention_days === null || days < team.retention_days);
}
