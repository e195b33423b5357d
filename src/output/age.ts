/** How long ago a moment was, as kubectl prints it in a column AGE: `5s`, `3m12s`, `5h`, `12d` (apimachinery duration.HumanDuration, shortened). */
export function age(from: string | null | undefined, now: Date): string {
  return from ? span(now.getTime() - Date.parse(from)) : "<unknown>";
}

/** How long until a moment; `expired` when it has passed, `never` when there is none. */
export function until(to: string | undefined, now: Date): string {
  if (to === undefined) return "never";
  const left = Date.parse(to) - now.getTime();
  return left <= 0 ? "expired" : span(left);
}

function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  return `${days}d`;
}
