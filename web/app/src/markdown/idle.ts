const LONGEST_MS = 2000;

/** Do something when the browser has nothing else to do. Returns what calls it off. */
export function whenIdle(act: () => void): () => void {
  if (typeof requestIdleCallback === "function") {
    const id = requestIdleCallback(act, { timeout: LONGEST_MS });
    return () => cancelIdleCallback(id);
  }
  const id = setTimeout(act, 100); // Safari has no idle callbacks
  return () => clearTimeout(id);
}
