// Times as Go writes them: in UTC, with nanoseconds.

export function goTime() {
  const now = performance.timeOrigin + performance.now();
  const nanoseconds = String(Math.floor((now % 1) * 1e6)).padStart(6, "0");
  return `${new Date(now).toISOString().slice(0, -1)}${nanoseconds}Z`;
}
