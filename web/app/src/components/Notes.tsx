import type { ApiError } from "@chatstream/client";
import type { ReactNode } from "react";
import { sentenceOfError } from "../errors.ts";
import { strings } from "../strings.ts";
import { Button } from "./Button.tsx";
import { Icon } from "./icons.tsx";

interface ErrorProps {
  error: ApiError | undefined;
  /** Shown as a button where trying again may help. */
  onRetry?: (() => void) | undefined;
}

/** What went wrong, what to do, and a way to try again. Nothing without an error. */
export function ErrorNote({ error, onRetry }: ErrorProps) {
  if (!error) return null;
  return (
    <div className="note error" role="alert">
      <Icon name="warning" />
      <div>
        <p>{sentenceOfError(error)}</p>
        {error.requestId && error.status >= 500 && <p className="small">{strings.errors.requestId(error.requestId)}</p>}
      </div>
      {onRetry && (
        <Button look="quiet" icon="again" onClick={onRetry}>
          {strings.common.retry}
        </Button>
      )}
    </div>
  );
}

/** A calm remark. */
export function Note({ children }: { children: ReactNode }) {
  return <div className="note">{children}</div>;
}

/** What stands where a list would be. */
export function Empty({ children }: { children: ReactNode }) {
  return <div className="empty">{children}</div>;
}

/** Something is being loaded. It shows after a moment only, so that quick answers do not flicker. */
export function Loading({ label = strings.common.loading }: { label?: string }) {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      <span>{label}</span>
    </div>
  );
}
