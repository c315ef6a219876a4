import type { MouseEvent } from "react";
import { announce, notify } from "../state/notices.ts";
import { strings } from "../strings.ts";

/** Copy a text, and say so. True when it was copied. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    announce(strings.common.copied);
    return true;
  } catch {
    notify(strings.common.copyFailed, { isError: true }); // no secure context, or not allowed
    return false;
  }
}

/** The copy buttons within rendered markdown: one listener for all of them. */
export function onCopyCode(event: MouseEvent): void {
  const button = event.target instanceof Element ? event.target.closest(".copy-code") : null;
  const code = button?.closest(".code")?.querySelector("pre")?.textContent;
  if (!button || code === null || code === undefined) return;
  void copyText(code).then((isCopied) => {
    if (!isCopied) return;
    button.textContent = strings.common.copied;
    setTimeout(() => {
      button.textContent = strings.conversation.copy;
    }, 2000);
  });
}
