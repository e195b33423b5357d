import { CliError } from "../errors.ts";
import { Sensitive } from "../secret/sensitive.ts";
import type { Graph } from "./graph.ts";
import type { Application, Custody, Key, Principals, ServicePrincipal } from "./principals.ts";

const application = { $select: "id,appId,displayName,notes,createdDateTime,passwordCredentials" };
const principal = { $select: "id,appId,accountEnabled" };

/** Applications and service principals of Microsoft Graph. */
export function principalsIn(
  graph: Graph,
): Omit<Principals, "roleAssignments" | "roleDefinition" | "givenRoles" | "assignRole" | "unassignRole"> {
  return {
    async applications(by) {
      if ("appId" in by) {
        const doing = `read application ${by.appId}`;
        const one = await graph.send({ method: "GET", path: `/applications(appId='${by.appId}')`, query: application, doing });
        return one === undefined ? [] : [asApplication(doing, one)];
      }
      const doing = `look for application ${by.name}`;
      const query = { $filter: `displayName eq '${by.name.replaceAll("'", "''")}'`, ...application };
      const { value } = ((await graph.send({ method: "GET", path: "/applications", query, doing })) ?? {}) as { value?: unknown };
      if (!Array.isArray(value)) return unreadable(doing);
      return value.map((one) => asApplication(doing, one));
    },
    async createApplication({ displayName, notes }) {
      const doing = `make application ${displayName}`;
      // Graph's default has changed before, and allowed other tenants and personal accounts to sign in to the application
      const body = { displayName, notes, signInAudience: "AzureADMyOrg" };
      return asApplication(doing, await graph.send({ method: "POST", path: "/applications", body, doing }));
    },
    async deleteApplication(id) {
      await graph.send({ method: "DELETE", path: `/applications/${id}`, doing: `delete application ${id}` });
    },
    custody: (applicationId, principalId) => readCustody(graph, applicationId, principalId),
    async servicePrincipal(appId) {
      const doing = `read the service principal of application ${appId}`;
      const one = await graph.send({ method: "GET", path: `/servicePrincipals(appId='${appId}')`, query: principal, doing });
      return one === undefined ? undefined : asPrincipal(doing, one);
    },
    async principal(id) {
      const doing = `read service principal ${id}`;
      const one = await graph.send({ method: "GET", path: `/servicePrincipals/${id}`, query: principal, doing });
      return one === undefined ? undefined : asPrincipal(doing, one);
    },
    async createServicePrincipal(appId) {
      const doing = `make the service principal of application ${appId}`;
      return asPrincipal(doing, await graph.send({ method: "POST", path: "/servicePrincipals", body: { appId }, doing }));
    },
    async deleteServicePrincipal(id) {
      await graph.send({ method: "DELETE", path: `/servicePrincipals/${id}`, doing: `delete service principal ${id}` });
    },
    async addKey(id, { displayName, expiresAt }) {
      const doing = `add a password to application ${id}`;
      const passwordCredential = { displayName, endDateTime: expiresAt };
      const made = await graph.send({ method: "POST", path: `/applications/${id}/addPassword`, body: { passwordCredential }, doing });
      const { secretText } = (made ?? {}) as { secretText?: unknown };
      const [key] = asKey(made);
      if (!key || typeof secretText !== "string" || secretText === "") return unreadable(doing);
      return { ...key, password: new Sensitive(secretText) };
    },
    async removeKey(id, slot) {
      const doing = `take password ${slot} of application ${id} away`;
      await graph.send({ method: "POST", path: `/applications/${id}/removePassword`, body: { keyId: slot }, doing });
    },
  };
}

type Wire = Readonly<Record<string, unknown>>;

async function readCustody(graph: Graph, applicationId: string, principalId: string | undefined): Promise<Custody> {
  const [application, principal] = [`/applications/${applicationId}`, `/servicePrincipals/${principalId}`];
  const ids = async (path: string) => (await items(graph, `${path}/owners`, { $select: "id" })).map(({ id }) => text(id));
  const [owners, own, federated, principalOwners, ofPrincipal] = await Promise.all([
    ids(application),
    keysOf(graph, application),
    items(graph, `${application}/federatedIdentityCredentials`),
    principalId === undefined ? [] : ids(principal),
    principalId === undefined ? undefined : keysOf(graph, principal),
  ]);
  const certificates = own.certificates + (ofPrincipal?.certificates ?? 0);
  const otherKeys = [
    ...Array<"certificate">(certificates).fill("certificate"),
    ...federated.map(() => "federated credential" as const),
    ...Array<"password">(ofPrincipal?.passwords ?? 0).fill("password"),
  ];
  return { owners, principalOwners, otherKeys };
}

/** The items of a list. A list with more than one page is an error. */
async function items(
  graph: Graph,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>[]> {
  const doing = `read ${path}`;
  const { value, "@odata.nextLink": next } = ((await graph.send({ method: "GET", path, query, doing })) ?? {}) as Readonly<
    Record<string, unknown>
  >;
  if (!Array.isArray(value) || next !== undefined) return unreadable(doing);
  return value;
}

/** The number of keys of an application or a service principal. */
async function keysOf(graph: Graph, path: string): Promise<{ readonly certificates: number; readonly passwords: number }> {
  const doing = `read the credentials of ${path}`;
  const query = { $select: "keyCredentials,passwordCredentials" };
  const { keyCredentials, passwordCredentials } = ((await graph.send({ method: "GET", path, query, doing })) ?? {}) as Wire;
  if (!Array.isArray(keyCredentials) || !Array.isArray(passwordCredentials)) return unreadable(doing);
  return { certificates: keyCredentials.length, passwords: passwordCredentials.length };
}

function asApplication(doing: string, body: unknown): Application {
  const { id, appId, displayName, notes, createdDateTime, passwordCredentials } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || typeof appId !== "string" || typeof displayName !== "string") return unreadable(doing);
  const keys = Array.isArray(passwordCredentials) ? passwordCredentials.flatMap(asKey) : [];
  return { id, appId, displayName, notes: text(notes), madeAt: text(createdDateTime), keys };
}

function asPrincipal(doing: string, body: unknown): ServicePrincipal {
  const { id, appId, accountEnabled } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || typeof appId !== "string") return unreadable(doing);
  return { id, appId, enabled: accountEnabled !== false };
}

/** Microsoft Graph passwordCredential, without its text. */
function asKey(body: unknown): Key[] {
  const { keyId: slot, displayName, startDateTime, endDateTime } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof slot !== "string") return [];
  return [{ slot, displayName: text(displayName), madeAt: text(startDateTime) || undefined, expiresAt: text(endDateTime) || undefined }];
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function unreadable(doing: string): never {
  throw new CliError("unreachable", `cannot ${doing}: Microsoft Graph's answer does not hold it`);
}
