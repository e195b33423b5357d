import type { Around, Asked } from "./asked.ts";

/** Runs a command up to a call and blocks it there, like a kill: no later call has any effect. */
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
