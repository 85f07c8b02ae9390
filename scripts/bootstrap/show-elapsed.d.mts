/** Prints what goes on and for how many seconds, unless it is over before `afterMs`; the result ends the line. */
export function showElapsed(what: string, afterMs?: number): () => void;
