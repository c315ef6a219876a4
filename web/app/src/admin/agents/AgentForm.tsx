import type { Agent, AgentChanges, ApiError } from "@chatstream/client";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "../../components/Button.tsx";
import { CheckField, Field, PasswordField, TextField } from "../../components/Field.tsx";
import { ErrorNote } from "../../components/Notes.tsx";
import { fieldError, isAllInFields } from "../../errors.ts";
import { useAct } from "../../hooks.ts";
import { strings as common } from "../../strings.ts";
import { strings } from "../strings.ts";
import { ConfigPart } from "./ConfigPart.tsx";
import { type AgentDraft, changesOf } from "./changes.ts";
import { type ConfigErrors, type ConfigFields, configOf, fieldsOf } from "./config.ts";

const words = strings.agents;
const FIELDS = ["name", "description", "webhook_url", "webhook_token", "system_prompt"];

interface Props {
  /** Undefined for a new one. */
  agent: Agent | undefined;
  /** Store what differs. */
  onSave: (changes: AgentChanges) => Promise<unknown>;
  /** Told when the form says something else than what is stored, and when it no longer does. */
  onTouch?: (isTouched: boolean) => void;
  /** It stands in the place of the form whose button had the focus. */
  takesFocus?: boolean;
}

/** All that an admin sets of an agent, the picture aside. */
export function AgentForm({ agent, onSave, onTouch, takesFocus = false }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (takesFocus) button.current?.focus({ preventScroll: true });
  }, [takesFocus]);
  const [configErrors, setConfigErrors] = useState<ConfigErrors>({});
  const saving = useAct(async (draft: AgentDraft) => {
    await onSave(changesOf(agent, draft));
    onTouch?.(false);
  });
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const read = configOf(configFieldsIn(fields));
    setConfigErrors("errors" in read ? read.errors : {});
    if ("config" in read) await saving.run(draftIn(fields, read.config));
  };
  const { error } = saving;
  useEffect(() => {
    if (error || Object.keys(configErrors).length > 0) toFirstError(form.current);
  }, [error, configErrors]);
  return (
    <form className="wide-form" ref={form} onSubmit={(event) => void submit(event)} onChange={() => onTouch?.(true)}>
      <Basics agent={agent} error={error} />
      <fieldset>
        <legend>{words.workflow}</legend>
        <Field
          label={words.webhookUrl}
          name="webhook_url"
          type="url"
          dir="ltr"
          required
          maxLength={2000}
          spellCheck={false}
          defaultValue={agent?.webhook_url}
          help={words.webhookUrlHelp}
          error={fieldError(error, "webhook_url")}
        />
        <Token hasToken={agent?.has_webhook_token ?? false} error={error} />
        <TextField
          label={words.prompt}
          name="system_prompt"
          rows={8}
          maxLength={32_000}
          defaultValue={agent?.system_prompt}
          help={words.promptHelp}
          error={fieldError(error, "system_prompt")}
        />
      </fieldset>
      <ConfigPart fields={fieldsOf(agent?.config ?? {})} errors={configErrors} error={error} />
      {error && !isAllInFields(error, allFields(error)) && <ErrorNote error={error} />}
      <div className="form-actions">
        <Button ref={button} type="submit" look="primary" isBusy={saving.isRunning}>
          {agent ? common.common.save : words.create}
        </Button>
      </div>
    </form>
  );
}

function Basics({ agent, error }: { agent: Agent | undefined; error: ApiError | undefined }) {
  return (
    <fieldset>
      <legend>{words.basics}</legend>
      <Field
        label={words.name}
        name="name"
        required
        maxLength={200}
        dir="auto"
        defaultValue={agent?.name}
        help={words.nameHelp}
        error={fieldError(error, "name")}
      />
      <TextField
        label={words.description}
        name="description"
        rows={3}
        maxLength={2000}
        defaultValue={agent?.description}
        help={words.descriptionHelp}
        error={fieldError(error, "description")}
      />
      <CheckField
        label={words.isActive}
        name="is_active"
        defaultChecked={agent?.is_active ?? true}
        help={words.isActiveHelp}
      />
    </fieldset>
  );
}

/** The token goes in and never comes out: what is stored stays unless something is entered, or it is taken away. */
function Token({ hasToken, error }: { hasToken: boolean; error: ApiError | undefined }) {
  return (
    <>
      <PasswordField
        label={words.token}
        name="webhook_token"
        dir="ltr"
        autoComplete="new-password"
        maxLength={4096}
        help={hasToken ? `${words.tokenKept} ${words.tokenHelp}` : words.tokenHelp}
        error={fieldError(error, "webhook_token")}
      />
      {hasToken && <CheckField label={words.tokenRemove} name="removes_token" />}
    </>
  );
}

function draftIn(fields: FormData, config: Record<string, unknown>): AgentDraft {
  return {
    name: text(fields, "name").trim(),
    description: text(fields, "description"),
    webhook_url: text(fields, "webhook_url").trim(),
    system_prompt: text(fields, "system_prompt"),
    is_active: fields.has("is_active"),
    webhook_token: text(fields, "webhook_token").trim(),
    removesToken: fields.has("removes_token"),
    config,
  };
}

function configFieldsIn(fields: FormData): ConfigFields {
  const found = fieldsOf({});
  for (const name of Object.keys(found) as (keyof ConfigFields)[]) found[name] = text(fields, `config.${name}`);
  return found;
}

/** A text of the form. Browsers send line ends as CRLF; what was stored has LF. */
function text(fields: FormData, name: string): string {
  return String(fields.get(name) ?? "").replaceAll("\r\n", "\n");
}

/** Names of fields under which an error can be shown. */
function allFields(error: ApiError): string[] {
  return [...FIELDS, ...Object.keys(error.fields ?? {}).filter((name) => name.startsWith("config"))];
}

function toFirstError(form: HTMLFormElement | null): void {
  form?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
}
