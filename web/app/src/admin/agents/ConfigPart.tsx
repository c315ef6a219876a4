import type { ApiError } from "@chatstream/client";
import { Field, SelectField, TextField } from "../../components/Field.tsx";
import { fieldError } from "../../errors.ts";
import { strings } from "../strings.ts";
import type { ConfigErrors, ConfigFields } from "./config.ts";

const words = strings.agents;

interface Props {
  fields: ConfigFields;
  /** What the form itself found wrong. */
  errors: ConfigErrors;
  /** What the server found wrong. */
  error: ApiError | undefined;
}

/** The settings in an agent's config: those that the server knows by field, the others as JSON. */
export function ConfigPart({ fields, errors, error }: Props) {
  const wrong = (name: keyof ConfigFields) => errors[name] ?? fieldError(error, `config.${name}`);
  return (
    <fieldset>
      <legend>{words.settings}</legend>
      <Field
        label={words.model}
        name="config.model"
        dir="ltr"
        spellCheck={false}
        defaultValue={fields.model}
        help={words.modelHelp}
        error={wrong("model")}
      />
      <SelectField
        label={words.requestFormat}
        name="config.request_format"
        defaultValue={fields.request_format}
        error={wrong("request_format")}
      >
        <option value="">{words.requestFormats.chatstream}</option>
        {fields.request_format === "chatstream" && <option value="chatstream">chatstream</option>}
        <option value="n8n_chat">{words.requestFormats.n8n_chat}</option>
      </SelectField>
      <div className="field-row">
        <Field
          label={words.historyLimit}
          name="config.history_limit"
          inputMode="numeric"
          defaultValue={fields.history_limit}
          help={words.historyLimitHelp}
          error={wrong("history_limit")}
        />
        <Field
          label={words.idleTimeout}
          name="config.idle_timeout_s"
          inputMode="decimal"
          defaultValue={fields.idle_timeout_s}
          help={words.idleTimeoutHelp}
          error={wrong("idle_timeout_s")}
        />
        <Field
          label={words.totalTimeout}
          name="config.total_timeout_s"
          inputMode="decimal"
          defaultValue={fields.total_timeout_s}
          help={words.totalTimeoutHelp}
          error={wrong("total_timeout_s")}
        />
      </div>
      <Field
        label={words.titleWebhook}
        name="config.title_webhook"
        type="url"
        dir="ltr"
        spellCheck={false}
        defaultValue={fields.title_webhook}
        help={words.titleWebhookHelp}
        error={wrong("title_webhook")}
      />
      <TextField
        label={words.others}
        name="config.others"
        rows={4}
        dir="ltr"
        spellCheck={false}
        className="input mono"
        defaultValue={fields.others}
        help={words.othersHelp}
        error={errors.others ?? fieldError(error, "config")}
      />
    </fieldset>
  );
}
