import { NotYet } from "../errors.ts";
import { pausesOf } from "./pauses.ts";

/** How long Azure is given, in milliseconds, to hear everywhere of what was made a moment ago. */
export type Patience = { readonly wait: number; sleep(milliseconds: number): Promise<void> };

/** Does it again while Azure has not heard of what it is about; only what this run made is waited for. */
export async function patiently<T>(isNew: boolean, { wait, sleep }: Patience, work: () => Promise<T>): Promise<T> {
  for (const pause of isNew ? pausesOf(wait) : []) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof NotYet)) throw error;
      await sleep(pause);
    }
  }
  return work();
}

/** Looks until something is seen, or for as long as that. */
export async function seen<T>({ wait, sleep }: Patience, look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const pause of pausesOf(wait)) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(pause);
  }
  return look();
}
