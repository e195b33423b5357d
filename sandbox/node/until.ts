import { setTimeout as sleep } from "node:timers/promises";

/**
 * Calls `ask` every 50 ms until it returns true.
 *
 * @param what for the error: `"containerd listens"`
 * @param exited resolves if there is no reason to continue to wait
 * @throws Error when `exited` resolves, or after `seconds`
 */
export async function until(what: string, exited: Promise<string>, ask: () => Promise<boolean>, seconds = 60): Promise<void> {
  let end: string | undefined;
  void exited.then((how) => (end = how));
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await sleep(50)) {
    if (await ask()) return;
    if (end !== undefined) throw new Error(`waited until ${what}, but ${end}`);
  }
  throw new Error(`waited ${seconds} s until ${what}, in vain`);
}
