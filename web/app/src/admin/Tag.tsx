import type { ReactNode } from "react";

/** A word on the state of something. The colour repeats what the word says. */
export function Tag({ look, children }: { look: "good" | "bad" | "poor" | "off"; children: ReactNode }) {
  return <span className={`tag ${look}`}>{children}</span>;
}
