import { useEffect, useState } from "react";

const PAUSE_MS = 300;

/** The value once it has stayed the same for a moment: nobody asks the server at each key. */
export function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
