import { minute } from "../duration.ts";
import { Busy, type CliError, unlessRefused } from "../errors.ts";
import type { HttpRequest } from "../http/message.ts";
import { type Json, objectsOf, textOf, textsOf } from "../json.ts";
import { Sensitive } from "../sensitive.ts";
import { changePolicy, longestIn, otherwise, policyPaths } from "./password-policies.ts";
import type { Application, ApplicationAccess, Azure, Key, ServicePrincipal } from "./port.ts";
import { type Connection, type Meaning, openService, type Read, type Refusal, readError, refusalError } from "./service.ts";

type Get = {
  /** The path after `/v1.0`, with its slash. */
  readonly path: string;
  /** OData options: `$filter`, `$select`. */
  readonly query?: Readonly<Record<string, string>>;
  /** For errors, after `cannot`: `create application ci`. */
  readonly doing: string;
};

const application = { $select: "id,appId,displayName,notes,createdDateTime,passwordCredentials" };
const principal = { $select: "id,appId,accountEnabled,alternativeNames" };

function openRequests({ cloud, identity, http }: Connection) {
  const { call, refused, bodyOf, required, pages } = openService({
    name: "Microsoft Graph",
    origin: cloud.graph,
    audience: "graph",
    identity,
    http,
    explain: explainGraph,
  });

  const urlOf = ({ path, query = {} }: Get) => {
    const options = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${cloud.graph}/v1.0${path}${options.length > 0 ? `?${options.join("&")}` : ""}`;
  };

  async function find<T>(get: Get, read: Read<T>): Promise<T | undefined> {
    const answer = await call("GET", urlOf(get));
    if (answer.status === 404) return undefined;
    if (answer.status >= 300) throw refused(get.doing, urlOf(get), answer);
    return required(get.doing, read(bodyOf(get.doing, answer)));
  }

  async function list<T>(get: Get, read: Read<T>): Promise<T[]> {
    return pages(get.doing, { url: urlOf(get), answer: await call("GET", urlOf(get)) }, read);
  }

  /** A Location with a 200 is not an operation to wait for. */
  async function write(method: HttpRequest["method"], path: string, doing: string, body?: unknown): Promise<Json> {
    const url = urlOf({ path, doing });
    const answer = await call(method, url, body);
    if (answer.status >= 300) throw refused(doing, url, answer);
    return bodyOf(doing, answer);
  }

  return { find, list, write, required };
}

/** Opens Microsoft Graph v1.0: applications and service principals. */
export function openGraph(connection: Connection) {
  const { find, list, write, required } = openRequests(connection);

  async function access(applicationId: string, principalId: string | undefined): Promise<ApplicationAccess> {
    const [ofApplication, ofPrincipal] = [`/applications/${applicationId}`, `/servicePrincipals/${principalId}`];
    const ids = (path: string, query = {}) => list({ path, query, doing: `read ${path}` }, ({ id }) => textOf(id) ?? "");
    const ownersOf = (path: string) => ids(`${path}/owners`, { $select: "id" });
    const keysOf = async (path: string) => {
      const doing = `read the credentials of ${path}`;
      return required(doing, await find({ path, query: { $select: "keyCredentials,passwordCredentials" }, doing }, asKeyCounts));
    };
    const [owners, own, federated, principalOwners, keys] = await Promise.all([
      ownersOf(ofApplication),
      keysOf(ofApplication),
      ids(`${ofApplication}/federatedIdentityCredentials`),
      principalId === undefined ? [] : ownersOf(ofPrincipal),
      principalId === undefined ? { certificates: 0, passwords: 0 } : keysOf(ofPrincipal),
    ]);
    const otherKeys = [
      ...Array<"certificate">(own.certificates + keys.certificates).fill("certificate"),
      ...Array<"federated credential">(federated.length).fill("federated credential"),
      ...Array<"password">(keys.passwords).fill("password"),
    ];
    return { owners, principalOwners, otherKeys };
  }

  return {
    async applications(by) {
      if ("appId" in by) {
        const path = `/applications(appId='${by.appId}')`;
        const one = await find({ path, query: application, doing: `read application ${by.appId}` }, asApplication);
        return one === undefined ? [] : [one];
      }
      const query = { $filter: `displayName eq '${by.name.replaceAll("'", "''")}'`, ...application };
      return list({ path: "/applications", query, doing: `find application ${by.name}` }, asApplication);
    },
    async createApplication({ displayName, notes }) {
      const doing = `create application ${displayName}`;
      // Graph's default has changed before, and allowed other tenants and personal accounts to sign in to the application
      const body = { displayName, notes, signInAudience: "AzureADMyOrg" };
      return required(doing, asApplication(await write("POST", "/applications", doing, body)));
    },
    noteApplication: async (id, notes) => void (await write("PATCH", `/applications/${id}`, `write notes to application ${id}`, { notes })),
    deleteApplication: async (id) => void (await write("DELETE", `/applications/${id}`, `delete application ${id}`)),
    access,
    servicePrincipal(appId) {
      const path = `/servicePrincipals(appId='${appId}')`;
      return find({ path, query: principal, doing: `read the service principal of application ${appId}` }, asPrincipal);
    },
    principal: (id) => find({ path: `/servicePrincipals/${id}`, query: principal, doing: `read service principal ${id}` }, asPrincipal),
    async createServicePrincipal(appId) {
      const doing = `create the service principal of application ${appId}`;
      return required(doing, asPrincipal(await write("POST", "/servicePrincipals", doing, { appId })));
    },
    deleteServicePrincipal: async (id) => void (await write("DELETE", `/servicePrincipals/${id}`, `delete service principal ${id}`)),
    async passwordLimit({ id, madeAt }) {
      const path = "/policies/defaultAppManagementPolicy";
      const ofApplication = { path: `/applications/${id}/appManagementPolicies`, doing: `read the policies of application ${id}` };
      const [tenant, own] = await Promise.all([
        find({ path, doing: "read the tenant's policy on passwords" }, (policy) => policy).catch(unlessRefused(undefined)),
        id === undefined ? [] : list(ofApplication, (policy) => policy).catch(unlessRefused(undefined)),
      ]);
      const ofTenant = longestIn(tenant ?? {}, madeAt);
      // The policy of an application takes precedence, and may allow passwords
      const isUnsure = ofTenant?.longest === 0 && own?.length !== 0;
      return own?.map((policy) => longestIn(policy, madeAt)).find((limit) => limit !== undefined) ?? (isUnsure ? undefined : ofTenant);
    },
    async addKey(id, { displayName, expiresAt }) {
      const doing = `add a password to application ${id}`;
      const passwordCredential = { displayName, endDateTime: expiresAt };
      const created = await write("POST", `/applications/${id}/addPassword`, doing, { passwordCredential });
      const key = required(doing, asKey(created));
      return { ...key, password: new Sensitive(required(doing, textOf(created.secretText) || undefined)) };
    },
    removeKey: async (id, slot) =>
      void (await write("POST", `/applications/${id}/removePassword`, `delete password ${slot} of application ${id}`, { keyId: slot })),
  } satisfies Partial<Azure>;
}

function asApplication({ id, appId, displayName, notes, createdDateTime, passwordCredentials }: Json): Application | undefined {
  if (typeof id !== "string" || typeof appId !== "string" || typeof displayName !== "string") return undefined;
  const keys = objectsOf(passwordCredentials).flatMap((key) => asKey(key) ?? []);
  return { id, appId, displayName, notes: textOf(notes) ?? "", madeAt: textOf(createdDateTime) ?? "", keys };
}

function asPrincipal({ id, appId, accountEnabled, alternativeNames }: Json): ServicePrincipal | undefined {
  if (typeof id !== "string" || typeof appId !== "string") return undefined;
  const identityId = textsOf(alternativeNames).find((name) => /^\/.*\/userAssignedIdentities\/[^/]+$/i.test(name));
  return { id, appId, enabled: accountEnabled !== false, identityId };
}

/** Microsoft Graph passwordCredential, without its text. */
function asKey({ keyId: slot, displayName, startDateTime, endDateTime }: Json): Key | undefined {
  if (typeof slot !== "string") return undefined;
  return {
    slot,
    displayName: textOf(displayName) ?? "",
    madeAt: textOf(startDateTime) || undefined,
    expiresAt: textOf(endDateTime) || undefined,
  };
}

function asKeyCounts({ keyCredentials, passwordCredentials }: Json) {
  if (!Array.isArray(keyCredentials) || !Array.isArray(passwordCredentials)) return undefined;
  return { certificates: keyCredentials.length, passwords: passwordCredentials.length };
}

/** No limit but the time that a run waits for a new object. */
const untilKnown = Number.POSITIVE_INFINITY;

/** The meaning of Graph's codes. Those of policies are from Microsoft's documentation. */
const byCode: Readonly<Record<string, Meaning>> = {
  Authorization_RequestDenied: {
    kind: "forbidden",
    hint: `ask a tenant administrator for the role Application Developer or for ownership of the application, ${otherwise}`,
    // A missing right looks the same. A new application is rejected so for some seconds
    passes: minute,
  },
  Request_ResourceNotFound: { kind: "notFound", passes: untilKnown },
  Directory_QuotaExceeded: {
    kind: "forbidden",
    hint: `delete applications permanently, because deleted ones count towards the quota for 30 days, ${otherwise}`,
  },
  CredentialInvalidLifetimeAsPerAppPolicy: {
    kind: "invalid",
    hint: `add --expires-in with a lifetime that ${policyPaths} allows, such as 30d, ${otherwise}`,
  },
  CredentialTypeNotAllowedAsPerAppPolicy: {
    kind: "forbidden",
    hint: changePolicy,
  },
};

const byStatus: Readonly<Record<number, Meaning>> = {
  403: { kind: "forbidden", hint: `ask an administrator of the tenant, ${otherwise}` },
  404: { kind: "notFound", passes: untilKnown },
  429: { kind: "unreachable", hint: "retry in a minute", isBusy: true },
};

/** Sentences that Graph also returns for a new object that has not replicated yet (azure-cli and others match them too). */
const notReplicated = /does not reference a valid application|No password credential found/;

/** Graph rejects a write while it replicates another write of the same object: 409 with this code, or 400 with these words. */
const isConcurrent = (code: string, message: string): boolean =>
  code === "Directory_ConcurrencyViolation" || (code === "Request_BadRequest" && /concurrent requests/i.test(message));

/**
 * Explains an error response of Microsoft Graph.
 * @param doing the attempted action, after `cannot`: `create application ci`
 * @returns NotYet for a temporary error if the object is new; Busy if Graph was applying another write at the same time
 */
function explainGraph(doing: string, refusal: Refusal): CliError {
  const { status, text, retryAfter } = refusal;
  const { code, message } = readError(text);
  const meaning = status === 401 ? undefined : (byCode[code] ?? byStatus[status]);
  const error = refusalError(
    "Microsoft Graph",
    doing,
    refusal,
    notReplicated.test(message) ? { kind: "invalid", ...meaning, passes: untilKnown } : meaning,
  );
  return isConcurrent(code, message) && status !== 401 ? new Busy(error.message, retryAfter) : error;
}
