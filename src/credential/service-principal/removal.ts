import type { AzureRegistry } from "../../azure/port.ts";
import type { Change } from "../../plan/change.ts";
import { type Mode, pullRole } from "./pull-roles.ts";
import type { State } from "./state.ts";

/** What a person types to take away what a run made; where its answer was lost, to see whether there is anything. */
export function removalOf(change: Change, it: State | undefined, mode: Mode, { id }: AzureRegistry): string[] {
  const appId = (it?.made.application ?? it?.application)?.appId;
  if (!it || appId === undefined) return ["az", "ad", "app", "list", "--display-name", change.to.name];
  const scoped = ["--assignee", appId, "--scope", id];
  switch (change.to.kind) {
    case "roleassignment.management.azure.com":
      return change.act === "delete"
        ? ["az", "role", "assignment", "delete", ...scoped, "--role", pullRole[mode].name]
        : ["az", "role", "assignment", "list", ...scoped];
    case "serviceprincipal.graph.microsoft.com":
      return ["az", "ad", "sp", "delete", "--id", appId];
    default:
      return removalOfApplication(change, it, appId);
  }
}

function removalOfApplication(change: Change, { made }: State, appId: string): string[] {
  if (!("slot" in change) || change.slot === undefined) return ["az", "ad", "app", "delete", "--id", appId];
  const { keyId } = made;
  const credential = ["az", "ad", "app", "credential"];
  return keyId === undefined ? [...credential, "list", "--id", appId] : [...credential, "delete", "--id", appId, "--key-id", keyId];
}
