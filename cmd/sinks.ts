import type { Sink } from "../src/env.ts";

type Stream = Pick<NodeJS.WriteStream, "write" | "cork" | "uncork" | "isTTY" | "columns">;

/** Stderr, which need not be open for what is known of it. */
type Err = { readonly isTTY: boolean; open(): Stream };

/**
 * The two streams of a run. Lines of the same moment go into a pipe in one piece, since each piece costs as much as several lines: over
 * thousands of namespaces that counts. What goes to one stream is out before what comes after it on the other.
 */
export function sinksOf(out: Stream, err: Err): { readonly stdout: Sink; readonly stderr: Sink } {
  let held = false;
  const release = () => {
    if (held) out.uncork();
    held = false;
  };
  const hold = () => {
    if (held || out.isTTY) return;
    held = true;
    out.cork();
    setImmediate(release);
  };
  return {
    stdout: sink(out.isTTY === true, () => out, hold),
    stderr: sink(err.isTTY, err.open, release),
  };
}

const sink = (isTTY: boolean, open: () => Stream, before: () => void): Sink => ({
  write: (text) => {
    before();
    open().write(text);
  },
  isTTY,
  get columns() {
    return isTTY ? (open().columns ?? 0) : 0;
  },
});
