import type { Agent } from "@chatstream/client";
import { type ChangeEvent, useEffect, useRef, useState } from "react";
import { Avatar } from "../../components/Avatar.tsx";
import { Button } from "../../components/Button.tsx";
import { ErrorNote } from "../../components/Notes.tsx";
import { fieldError } from "../../errors.ts";
import { useAct } from "../../hooks.ts";
import { notify } from "../../state/notices.ts";
import { strings as common } from "../../strings.ts";
import { admin } from "../api.ts";
import { strings } from "../strings.ts";

const words = strings.agents;
const MAX_BYTES = 2 << 20;

/** An agent's picture: seen before it is sent, and taken away again. */
export function AvatarPart({ agent, onChange }: { agent: Agent; onChange: (agent: Agent) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<File>();
  const preview = usePreview(chosen);
  const isTooLarge = (chosen?.size ?? 0) > MAX_BYTES;
  const forget = () => {
    if (input.current) input.current.value = "";
    setChosen(undefined);
  };
  const saving = useAct(async (file: File) => {
    onChange(await admin.setAvatar(agent.id, file));
    forget();
    notify(words.avatarSaved);
  });
  const removing = useAct(async () => {
    await admin.deleteAvatar(agent.id);
    onChange({ ...agent, avatar_url: null });
    notify(words.avatarRemoved);
  });
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    saving.clear();
    setChosen(event.target.files?.[0]);
  };
  const wrong = isTooLarge ? words.avatarTooLarge : fieldError(saving.error, "file");
  return (
    <section className="panel" aria-labelledby="avatar-heading">
      <h2 id="avatar-heading">{words.avatar}</h2>
      <div className="avatar-row">
        {preview ? (
          <img className="avatar large" src={preview} alt={words.avatarPreview} />
        ) : (
          <Avatar name={agent.name} url={agent.avatar_url} isLarge />
        )}
        <div>
          <label className="button plain" htmlFor="avatar-file">
            {words.avatarChoose}
          </label>
          <input
            ref={input}
            id="avatar-file"
            className="visually-hidden"
            type="file"
            accept="image/png,image/jpeg,image/gif,image/webp"
            aria-describedby="avatar-help"
            onChange={choose}
          />
          <p className="field-help" id="avatar-help">
            {words.avatarHelp}
          </p>
        </div>
      </div>
      {wrong && (
        <p className="field-error" role="alert">
          {wrong}
        </p>
      )}
      <ErrorNote error={wrong ? undefined : (saving.error ?? removing.error)} />
      <div className="form-actions">
        {chosen && !isTooLarge && (
          <Button look="primary" isBusy={saving.isRunning} onClick={() => void saving.run(chosen)}>
            {words.avatarSave}
          </Button>
        )}
        {chosen && <Button onClick={forget}>{common.common.cancel}</Button>}
        {!chosen && agent.avatar_url && (
          <Button icon="trash" isBusy={removing.isRunning} onClick={() => void removing.run()}>
            {words.avatarRemove}
          </Button>
        )}
      </div>
    </section>
  );
}

/** An address of the file's content, as long as it is chosen. */
function usePreview(file: File | undefined): string | undefined {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (!file) return;
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => {
      URL.revokeObjectURL(made);
      setAddress(undefined);
    };
  }, [file]);
  return address;
}
