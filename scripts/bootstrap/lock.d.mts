/** Takes the lock of this name, or tells the process id of its holder, 0 if that is not known. */
export function takeLock(name: string): Promise<{ release: () => void } | { heldBy: number }>;
