// Which models Ollama has in memory, and until when.

const FOREVER = "2318-03-11T13:13:20Z";
const KEY = "ollama_loaded";

function entries(simulator) {
  if (!simulator.memory.has(KEY)) simulator.memory.set(KEY, new Map());
  return simulator.memory.get(KEY);
}

/** Keeps a model loaded for this many seconds from now; 0 unloads it. Returns whether it was loaded before. */
export function keep(simulator, row, seconds) {
  const loaded = entries(simulator);
  const before = loaded.get(row.model)?.until > Date.now();
  if (seconds > 0) loaded.set(row.model, { row, until: Date.now() + seconds * 1000 });
  else loaded.delete(row.model);
  return before;
}

/** `{ row, expiresAt }` of the loaded models, the one that stays longest first. */
export function listLoaded(simulator) {
  const now = Date.now();
  return [...entries(simulator).values()].filter(({ until }) => until > now).sort((a, b) => b.until - a.until)
    .map(({ row, until }) => ({ row, expiresAt: until === Infinity ? FOREVER : new Date(until).toISOString() }));
}
