/** Wait; a browser that is online again ends it early, an abort ends it with the signal's reason. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (act: () => void) => () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", wake);
      signal?.removeEventListener("abort", stop);
      act();
    };
    const wake = over(resolve);
    const stop = over(() => reject(signal?.reason));
    const timer = setTimeout(wake, ms);
    globalThis.addEventListener?.("online", wake);
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
  });
}
