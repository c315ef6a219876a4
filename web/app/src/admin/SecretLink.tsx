import { useRef } from "react";
import { Button } from "../components/Button.tsx";
import { Dialog } from "../components/Dialog.tsx";
import { Field } from "../components/Field.tsx";
import { notify } from "../state/notices.ts";
import { strings as common, format } from "../strings.ts";
import { strings } from "./strings.ts";

interface Props {
  title: string;
  /** A path of the app; the token stands behind its #, so that no server sees it. */
  path: string;
  expiresAt: string;
  onClose: () => void;
}

/** A link that is shown this once. A click beside the dialog does not lose it. */
export function SecretLink({ title, path, expiresAt, onClose }: Props) {
  const link = location.origin + path;
  return (
    <Dialog title={title} onClose={onClose} staysOnClick>
      <p>{strings.common.onceHelp}</p>
      <CopyField label={strings.common.link} text={link} />
      <p className="small">{strings.common.until(format.moment(expiresAt))}</p>
      <div className="dialog-actions">
        <Button look="primary" onClick={onClose}>
          {strings.common.done}
        </Button>
      </div>
    </Dialog>
  );
}

/** A text to copy. Where the browser refuses, it is selected for copying by hand. */
export function CopyField({ label, text, help }: { label: string; text: string; help?: string }) {
  const row = useRef<HTMLDivElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notify(common.common.copied);
    } catch {
      row.current?.querySelector("input")?.select();
      notify(common.common.copyFailed, { isError: true });
    }
  };
  return (
    <div className="copy-field" ref={row}>
      <Field label={label} value={text} readOnly help={help} onFocus={(event) => event.currentTarget.select()} />
      <Button icon="copy" onClick={() => void copy()}>
        {strings.common.copy}
      </Button>
    </div>
  );
}
