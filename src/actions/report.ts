import { createHash } from "node:crypto";
import { CliError, Conflict, Interrupted, withLines } from "../errors.ts";
import type { KubeObjects } from "../objects.ts";
import type { ChangeOf } from "../plan/change.ts";
import { toSeconds } from "../timestamp.ts";
import type { Action } from "./action.ts";
import type { Tools } from "./tools.ts";

/** The component that reports, in the output of `kubectl describe`. */
const component = "kubectl-acr-secret";

/** Creates an Event for a Secret. The change that it reports is done, so an Event that cannot be created is only a warning. */
export const report: Action<ChangeOf<"report">> = {
  async apply(change, { tools }) {
    const { to } = change;
    const { namespace = "" } = to;
    const event = eventOf(change, tools);
    const at = { kind: "event", name: event.metadata.name, namespace } as const;
    try {
      await tools.cluster().write(at, { create: event }, tools.write);
      return {};
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      // This run has already created the Event
      if (error instanceof Conflict) return {};
      return error instanceof Interrupted ? {} : { messages: [withLines("no Event was created", error.message)] };
    }
  },
};

/** Returns the Event. Its name is derived from the run and the message, so that one run creates it only once. */
function eventOf({ to, uid, reason, message }: ChangeOf<"report">, { runId, now }: Tools): KubeObjects["event"] & object {
  const { name, namespace = "" } = to;
  const at = toSeconds(now());
  const once = createHash("sha256")
    .update(JSON.stringify([runId, message]))
    .digest("hex")
    .slice(0, 16);
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name.slice(0, 200)}.${once}`, namespace },
    involvedObject: { apiVersion: "v1", kind: "Secret", namespace, name, uid },
    type: "Normal",
    reason,
    message,
    ...{ source: { component }, reportingComponent: component, firstTimestamp: at, lastTimestamp: at, count: 1 },
  };
}
