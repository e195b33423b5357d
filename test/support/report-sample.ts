import type { ImageCheck, Item, PullSecretItem } from "../../src/output/items.ts";

/** The time of the reports. */
export const now = new Date("2026-01-01T09:00:00Z");

const apiVersion = "acr-secret/v1";
const host = "myregistry.azurecr.io";
const day = 86_400_000;

/** Formats a time in a number of days. */
const inDays = (days: number): string => `${new Date(now.getTime() + days * day).toISOString().slice(0, 19)}Z`;

function image(namespace: string, name: string, more: Partial<ImageCheck> = {}): ImageCheck {
  return {
    apiVersion,
    kind: "ImageCheck",
    namespace,
    image: `${host}/${name}`,
    serviceAccount: "default",
    owners: [{ kind: "deployment", name: name.replace(/^.*\/|:.*$/g, "") }],
    pods: [],
    secret: "acr-myregistry",
    expiresAt: undefined,
    cause: "pulls",
    verdict: "ready",
    result: "pulls",
    start: "starts",
    ok: true,
    proof: "registry",
    message: undefined,
    registryMessages: [],
    notes: [],
    fix: undefined,
    look: undefined,
    hosts: undefined,
    ...more,
  };
}

/** Returns an image that cannot be pulled. */
export const failing = (namespace: string, name: string, more: Partial<ImageCheck>): ImageCheck =>
  image(namespace, name, { secret: "", result: "fails", ok: false, ...more });

const widened = { secret: "acr-myregistry", cause: "out-of-scope", verdict: "repository not in scope" } as const;
const widen = `kubectl acr-secret create -n shop acr-myregistry --registry ${host} --repository app/cart,app/search`;

export const images: readonly ImageCheck[] = [
  image("shop", "app/web:4", { expiresAt: inDays(9) }),
  image("shop", "app/api:12", { expiresAt: inDays(9) }),
  failing("shop", "app/cart:2", {
    ...widened,
    message: 'with secret acr-myregistry: user "shop-pull" cannot pull from repository app/cart of myregistry.azurecr.io',
    expiresAt: inDays(9),
    fix: widen,
  }),
  failing("shop", "app/search:7", {
    ...widened,
    message: 'with secret acr-myregistry: user "shop-pull" cannot pull from repository app/search of myregistry.azurecr.io',
    expiresAt: inDays(9),
    fix: widen,
  }),
  failing("batch", "app/report:1", {
    owners: [{ kind: "cronjob", name: "report" }],
    secret: "acr-old",
    cause: "expired",
    verdict: "credential expired",
    message: `with secret acr-old: ${host} rejected user "report-pull" (401 Unauthorized)`,
    registryMessages: ["authentication required, visit https://aka.ms/acr/authorization for more information."],
    expiresAt: inDays(-3),
    fix: "kubectl acr-secret rotate -n batch acr-old",
  }),
  image("batch", "app/import:3", { expiresAt: inDays(70) }),
  image("tools", "app/cache:1", {
    secret: "",
    cause: "by-node",
    verdict: "starts only on its node",
    result: "unknown",
    message: "node pool-1 (kubelet v1.37.2) starts the image: the image was preloaded",
  }),
  image("tools", "app/proxy:5", { secret: "acr-tools", expiresAt: inDays(200) }),
];

type Login = Pick<PullSecretItem["logins"][number], "expiry" | "expiresAt">;

/** Returns a Secret with one login. @param expiry a number of days, or its expiry */
export function pullSecretOf(
  namespace: string,
  name: string,
  expiry: number | "never" | "unknown",
  more: Partial<PullSecretItem> = {},
): PullSecretItem {
  const ends: Login = typeof expiry === "number" ? { expiry: "at", expiresAt: inDays(expiry) } : { expiry, expiresAt: null };
  const login = {
    registries: [host],
    credential: expiry === "unknown" ? "admin" : "acr-token",
    guessed: expiry === "unknown",
    identity: expiry === "unknown" ? "myregistry" : `${namespace}-${name}-1a2b3c4d`,
    slot: "password1",
    ...ends,
    createdAt: expiry === "unknown" ? undefined : inDays(-60),
    createdBy: "jane@example.com",
    previous: undefined,
    grants: undefined,
  };
  const serviceAccounts = ["default"];
  const creationTimestamp = inDays(-90);
  return {
    apiVersion,
    kind: "PullSecret",
    namespace,
    name,
    creationTimestamp,
    ...ends,
    source: undefined,
    copies: undefined,
    file: undefined,
    logins: [login],
    serviceAccounts,
    ...more,
  };
}

export const secrets: readonly PullSecretItem[] = [
  pullSecretOf("batch", "acr-myregistry", 70),
  pullSecretOf("batch", "acr-old", -3),
  pullSecretOf("shop", "acr-myregistry", 9),
  pullSecretOf("shop", "acr-partner", 23, { serviceAccounts: ["default", "checkout"] }),
  pullSecretOf("shop", "by-hand", "unknown", { serviceAccounts: [] }),
  pullSecretOf("tools", "acr-tools", 200),
  pullSecretOf("tools", "acr-builds", "never"),
];

export const error: Item = {
  apiVersion,
  kind: "Error",
  namespace: "payments",
  reason: "forbidden",
  message:
    'Error from server (Forbidden): secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "payments"',
  hint: "kubectl auth can-i list secrets -n payments",
};
