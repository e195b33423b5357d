import type { Azure, AzureRegistry } from "../../azure/port.ts";
import type { Application, RoleAssignment, ServicePrincipal } from "../../azure/principals.ts";
import { CliError } from "../../errors.ts";
import type { Change, Mint, Passing, Plan } from "../../plan/change.ts";
import { clustersNamedIn, isOfOurs, keyName } from "../../secret/azure-words.ts";
import { rightsOfPrincipal, warnOfRights } from "../granted-rights.ts";
import type { Asked, Issue, Lifecycle, Renewal, Sources } from "../kind.ts";
import { sameLifetime } from "./plan.ts";
import { granted, type Mode } from "./pull-roles.ts";
import { keysShown, planKeyRetirement, planPrincipalRenewal, planPrincipalRevocation } from "./renew.ts";
import type { State } from "./state.ts";

type Ground = {
  readonly azure: Azure;
  readonly registry: AzureRegistry;
  readonly mode: Mode;
  readonly asked: Asked;
  readonly sources: Pick<Sources, "now">;
  readonly states: Map<string, State>;
};

type Found = {
  readonly application: Application;
  readonly principal: ServicePrincipal | undefined;
  readonly assignments: readonly RoleAssignment[];
};

/** What can be done with a service principal that Secrets note, by its application's id. */
export function principalLife({ azure, registry, mode, asked, sources, states }: Ground): Lifecycle {
  async function read(appId: string, key = ""): Promise<Found | undefined> {
    const [application] = await azure.applications({ appId });
    if (!application) return undefined;
    const principal = await azure.servicePrincipal(appId);
    const assignments = principal ? await azure.roleAssignments(registry, principal.id) : [];
    const { displayName: name, notes } = application;
    states.set(name, { name, application, principal, notes, key, asked: {}, made: {} });
    return { application, principal, assignments };
  }

  return {
    async renew({ held, images, words }: Renewal): Promise<Issue> {
      const { entry: noted } = held;
      const key = keyName(words);
      const found = await read(noted.identity, key);
      if (!found) throw gone(noted.identity, registry);
      const { application, assignments } = found;
      const expiresAt = asked.expiresAt ?? sameLifetime(application, noted.slot, sources.now());
      const { mint, entry } = planPrincipalRenewal({ host: registry.loginServer, held: noted, key, expiresAt }, application);
      const mayPull = granted(mode, assignments) ?? [];
      const repositories = mode === "abac" ? mayPull : [...new Set(images.map(({ repository }) => repository))].sort();
      const says = warnOfRights(await rightsOfPrincipal({ name: application.displayName, assignments }, { azure, registry }));
      const warnings: Change[] = says === undefined ? [] : [{ act: "tell", to: mint.to, says }];
      const demand = [...stepsOf(mint, { host: registry.loginServer, repositories, asked }), ...warnings];
      return { before: [], demand, entry, login: undefined, pulls: "unknown", mayPull, images };
    },
    async shown(appId) {
      const [application] = await azure.applications({ appId });
      return (application?.keys ?? []).map(({ keyId: slot, madeAt, expiresAt }) => ({
        slot,
        ...(madeAt !== undefined && { madeAt }),
        ...(expiresAt !== undefined && { expiresAt }),
      }));
    },
    async clusters(appId) {
      const [application] = await azure.applications({ appId });
      return application ? clustersNamed(application) : [];
    },
    async retire(identity, passwords): Promise<Plan> {
      const found = await read(identity);
      return found ? planKeyRetirement(found.application, keysShown(found.application, passwords)) : [];
    },
    async revoke(identity, passwords): Promise<Plan> {
      const found = await read(identity);
      if (!found) return [];
      const { application, principal } = found;
      const { otherKeys } = isOfOurs(application.notes) ? await azure.custody(application.id, principal?.id) : { otherKeys: [] };
      return planPrincipalRevocation({ ...found, otherKeys, scope: registry.id }, passwords);
    },
  };
}

/** The clusters that an application's notes and the names of its passwords name. */
export function clustersNamed({ notes, keys }: Pick<Application, "notes" | "keys">): readonly string[] {
  return clustersNamedIn([notes, ...keys.map(({ displayName }) => displayName)]);
}

type At = { readonly host: string; readonly repositories: readonly string[]; readonly asked: Asked };

function stepsOf(mint: Mint, { host, repositories, asked }: At): Change[] {
  const passing: Passing = { milliseconds: asked.wait, verdicts: ["refused"] };
  const prove: Change = { act: "prove", to: { kind: "registry", name: host }, repositories, fresh: true, passing };
  return asked.verify ? [mint, prove] : [mint];
}

const gone = (appId: string, { name }: AzureRegistry) =>
  new CliError("notFound", `no application of the tenant has the id ${appId} any more`, {
    hint: { verb: "create", registry: name },
  });
