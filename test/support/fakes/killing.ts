import type { Around, Asked } from "./asked.ts";

/** Lets a run come as far as to a call, and ends it there as a kill would: nothing of it happens any more. */
export function killing(at: number, after: boolean): Around & { readonly killed: Promise<void> } {
  let calls = 0;
  const { promise: killed, resolve } = Promise.withResolvers<void>();
  const never = () => {
    resolve();
    return new Promise<never>(() => {});
  };
  const around = async (_: Asked, next: () => Promise<unknown>) => {
    const call = ++calls;
    if (call > at || (call === at && !after)) return never();
    const answer = await next();
    return call === at ? never() : answer;
  };
  return Object.assign(around, { killed });
}
