/** Shows the progress of a long task: one line with the current step and how far it is. The next line does not replace one that `stays`. */
export type Progress = (line: string, stays?: "stays") => void;

/** Counts the modules that the log of a `go` command downloads, and the packages that it compiles (`-v`) or lists. */
export function readGoLog(log: string): { downloads: number; packages: number } {
  const lines = log.split("\n").slice(0, -1);
  return {
    downloads: lines.filter((line) => line.startsWith("go: downloading ")).length,
    packages: lines.filter((line) => /^[\w.~-]+(\/[\w.~-]+)*$/.test(line)).length,
  };
}

/**
 * `building kubernetes 1.37.2: 28 %, 812 of 2849 packages, 3 m 10 s`
 *
 * @param total the number of packages to compile, or undefined while it is unknown
 */
export function buildLine(what: string, done: ReturnType<typeof readGoLog>, total: number | undefined, seconds: number): string {
  const parts = [duration(seconds)];
  if (total === undefined) parts.unshift(done.downloads > 0 ? `${done.downloads} modules downloaded` : "reading its modules");
  else if (done.packages >= total) parts.unshift("linking");
  else parts.unshift(`${Math.floor((100 * done.packages) / total)} %`, `${done.packages} of ${total} packages`);
  return `building ${what}: ${parts.join(", ")}`;
}

/** `3 m 10 s`, `10 s` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} m ${whole % 60} s`;
}

/**
 * Shows progress on a stream. On a terminal it redraws one line. Elsewhere it prints a line when the subject (the text before the colon)
 * changes, and every 20 s. `done` clears the terminal's line.
 */
export function showProgress(
  stream: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number },
  now: () => number = Date.now,
): { line: Progress; done(): void } {
  let subject = "";
  let shownAt = 0;
  if (stream.isTTY) {
    return {
      line: (line, stays) => stream.write(`\r\u001b[K${stays ? `${line}\n` : line.slice(0, (stream.columns || 80) - 1)}`),
      done: () => stream.write("\r\u001b[K"),
    };
  }
  return {
    line(line, stays) {
      const next = line.split(":")[0] ?? "";
      if (!stays && next === subject && now() - shownAt < 20_000) return;
      subject = next;
      shownAt = now();
      stream.write(`${line}\n`);
    },
    done() {},
  };
}
