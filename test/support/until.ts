import { setTimeout as sleep } from "node:timers/promises";

/** Waits until a condition is true. @throws after `seconds` */
export async function until(so: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await so())) {
    if (Date.now() > end) throw new Error(`not so after ${seconds} s: ${so}`);
    await sleep(50);
  }
}
