import { attachedAll, demo, line } from "./demo.ts";
import type { FakeWorld } from "./fakes/world.ts";

/** The name that the plugin derives for the Secret acr-myregistry in the namespace demo. */
export const own = "demo-acr-myregistry-wpglvmjhiai25iab";
export const byOwn = `${line} --service-principal`;
export const byName = `${line} --service-principal ci`;

const byId = (appId: string): string => `${byOwn}=${appId}`;

export const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
export const reader = "b93aa761-3e63-49ed-ac28-beffa264f7ac";

/** The output if the run creates everything. */
export const made = (name: string): string[] => [
  `application.graph.microsoft.com/${name} created`,
  `serviceprincipal.graph.microsoft.com/${name} created`,
  `roleassignment.management.azure.com/${name} created (+*)`,
  ...attachedAll,
];

/** Creates a namespace with a pending pod, and an application `ci` with a password of another user. */
export function withOthers(more: { readonly role?: boolean; readonly principal?: boolean } = {}): { world: FakeWorld; appId: string } {
  const world = demo();
  const appId = world.azure.directory.put("ci", { principal: more.principal ?? true });
  if (more.role ?? true) world.azure.directory.assign(appId, acrPull);
  return { world, appId };
}

/** Names the application of `withOthers` by its id. */
export const ofOthers = byId("aaaaaaaa-0000-4000-8000-000000000002");
