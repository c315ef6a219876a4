import type { ApiError } from "@chatstream/client";
import { useState } from "react";
import { api } from "../api.ts";
import { refreshChats } from "../chats/list.ts";
import { Button } from "../components/Button.tsx";
import { Field, SelectField } from "../components/Field.tsx";
import { ErrorNote } from "../components/Notes.tsx";
import { useAct, useLoad } from "../hooks.ts";
import { navigate } from "../router.tsx";
import { notify } from "../state/notices.ts";
import { tellTabs } from "../state/tabs.ts";
import { strings } from "../strings.ts";

/** A chat from a file that was exported before; it goes on with an agent of this team. */
export function ImportChat() {
  const agents = useLoad("agents", (signal) => api.agents({ limit: 100 }, signal));
  const [isOtherFile, setIsOtherFile] = useState(false);
  const act = useAct(async (form: FormData) => {
    setIsOtherFile(false);
    const document = await read(form.get("file"));
    if (!document) return setIsOtherFile(true);
    const chat = await api.importChat({ ...document, agent_id: form.get("agent") });
    notify(strings.account.importDone);
    tellTabs({ type: "chats-changed" });
    void refreshChats();
    navigate(`/chats/${chat.id}`);
  });
  return (
    <form
      className="narrow-form"
      onSubmit={(event) => {
        event.preventDefault();
        void act.run(new FormData(event.currentTarget));
      }}
    >
      <Field
        label={strings.account.importFile}
        name="file"
        type="file"
        accept="application/json,.json"
        required
        help={strings.account.importHelp}
        error={isOtherFile ? strings.account.importNotJson : undefined}
      />
      <SelectField label={strings.account.importAgent} name="agent" required>
        {agents.data?.items.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <ErrorNote error={agents.error} onRetry={agents.reload} />
      <ImportError error={act.error} />
      <Button type="submit" isBusy={act.isRunning}>
        {strings.account.import}
      </Button>
    </form>
  );
}

/** The reasons stand at parts of the file, not at fields of the form. */
function ImportError({ error }: { error: ApiError | undefined }) {
  if (!error?.fields) return <ErrorNote error={error} />;
  const [[where, why] = ["", []]] = Object.entries(error.fields);
  return (
    <div className="note error" role="alert">
      <p>
        {strings.account.importNotJson} {where}: {why.join(" ")}
      </p>
    </div>
  );
}

/** The document in a file; undefined where it is none. */
async function read(file: FormDataEntryValue | null): Promise<object | undefined> {
  if (!(file instanceof File)) return undefined;
  try {
    const document: unknown = JSON.parse(await file.text());
    return typeof document === "object" && document !== null && "messages" in document ? document : undefined;
  } catch {
    return undefined;
  }
}
