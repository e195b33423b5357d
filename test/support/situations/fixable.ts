import { expect, onTestFinished } from "vitest";
import {
  attachTo,
  barePod,
  forgetTokens,
  having,
  keepsGhcr,
  malformed,
  ours,
  r,
  registrySecret,
  type Situation,
  web,
  workload,
} from "../check-shell.ts";
import { kubectl } from "../kubectl.ts";
import { newNamespace, type Shell } from "../plugin.ts";
import { rewriting } from "../rewriting.ts";

const recreation = / pod\/own --recreate$/;

/** The user deletes the pods, because the first command only removes the Secret from the lists. */
const detached: Partial<Situation> = {
  message: /then delete the pods that still list the Secret, and run check again$/,
  byHand: ["kubectl delete pod --all -n N"],
  next: "no-login",
};

/** Pods that cannot pull, each with the cause that `check` reports, and what its user does until they can. */
export const fixable = (shell: Shell): readonly Situation[] => [
  { what: "nothing is attached", cause: "no-login", prepare: (at) => having(at, workload("Deployment")) },
  {
    what: "nothing is attached, and the pod has no controller",
    cause: "no-login",
    hint: recreation,
    prepare: (at) => having(at, barePod()),
  },
  { what: "nothing is attached, and only --image names the image", cause: "no-login", check: `--image ${web}`, prepare: async () => {} },
  {
    what: "a Secret that pulls is not attached",
    cause: "no-login",
    message: /secret mine can pull it, but is not attached$/,
    prepare: async (at) => {
      await at.typed(ours("mine"));
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "a Deployment names a Secret that does not exist, and is newer than the ServiceAccount's list",
    cause: "no-login",
    message: /^secret gone not found/,
    prepare: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      await having(at, workload("Deployment", web, ["gone"]));
    },
  },
  {
    what: "a ReplicaSet names a Secret of another type",
    cause: "no-login",
    prepare: async (at) => {
      await at.typed("kubectl create secret generic color --from-literal=color=blue -n N");
      await having(at, workload("ReplicaSet", web, ["color"]));
    },
    kept: async ({ namespace }) => {
      expect(await kubectl(["get", "secret", "color", "-n", namespace, "-o", "jsonpath={.type} {.data.color}"])).toBe("Opaque Ymx1ZQ==");
    },
  },
  {
    what: "a pod without controller names a Secret of another type",
    cause: "no-login",
    message: /do not change imagePullSecrets of pod\/own: create it again with the new Secret in the list$/,
    byHand: ["kubectl acr-secret attach acr-myregistry pod/own --recreate -n N"],
    prepare: async (at) => {
      await at.typed("kubectl create secret generic color --from-literal=color=blue -n N");
      await having(at, barePod(web, ["color"]));
    },
  },
  {
    what: "the login is for a registry with a similar name",
    cause: "no-login",
    message: /^secret typo has a login for myregistri\.azurecr\.io only \(did you mean myregistry\.azurecr\.io\?\)$/,
    prepare: async (at) => {
      await at.typed(registrySecret("typo", "myregistri.azurecr.io"), attachTo("typo"));
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "the registry rejects our token's password",
    cause: "refused",
    prepare: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      forgetTokens(shell);
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "Azure has not applied the role of a new service principal",
    cause: "not-yet-effective",
    fixPattern: /^kubectl acr-secret check -n \S+ --wait[ =]10m$/,
    prepare: async (at) => {
      await at.typed("kubectl acr-secret create mine --registry myregistry --service-principal --serviceaccount=default -n N");
      onTestFinished(shell.azure.faults.add({ kind: "replication", of: "roles", milliseconds: 20_000 }));
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "a Secret of that name exists only in another namespace",
    cause: "other-namespace",
    message: /^secret regcred exists in namespace /,
    prepare: async (at) => {
      const other = await newNamespace();
      await at.typed(registrySecret("regcred", r).replace("-n N", `-n ${other}`));
      await having(at, workload("Deployment", web, ["regcred"]));
    },
  },
  {
    what: "the image is in another cloud than the login",
    cause: "other-cloud",
    fixPattern: /^kubectl set image -n \S+ deployment\/web app=myregistry\.azurecr\.io\/app\/web:1$/,
    prepare: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      await having(at, workload("Deployment", "myregistry.azurecr.cn/app/web:1"));
    },
  },
  {
    what: "a policy has rewritten the image",
    cause: "rewritten",
    prepare: async (at) => {
      await rewriting(at.namespace, web);
      await having(at, workload("Deployment", "registry.example.com/app/web:1"));
    },
  },
  {
    what: "a Secret that kubectl created has a wrong password and another login",
    cause: "refused",
    prepare: async (at) => {
      await at.typed(registrySecret("reg", r, "ghcr.io"), attachTo("reg"));
      await having(at, workload("Deployment"));
    },
    kept: keepsGhcr("reg"),
  },
  {
    what: "our token may not pull the image",
    cause: "out-of-scope",
    prepare: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      await having(at, workload("Deployment", `${r}/app/api:1`));
    },
  },
  ...[workload("Deployment"), barePod()].map(
    (object, index): Situation => ({
      what: `the pod is older than its Secret (${index === 0 ? "Deployment" : "no controller"})`,
      cause: "older-pod",
      hint: index === 0 ? undefined : recreation,
      prepare: async (at) => {
        await at.typed(ours("mine"));
        await having(at, object);
        await at.typed(attachTo("mine"));
      },
    }),
  ),
  {
    what: "a malformed Secret has other logins",
    cause: "malformed-secret",
    ...detached,
    prepare: async (at) => {
      await at.typed(malformed("bad", ',"ghcr.io":{"auth":"YTpi"}'), attachTo("bad"));
      await having(at, workload("Deployment"));
    },
    kept: keepsGhcr("bad"),
  },
  {
    what: "a malformed Secret, which a Deployment names",
    cause: "malformed-secret",
    ...detached,
    prepare: async (at) => {
      await at.typed(malformed("bad", ',"ghcr.io":{"auth":"YTpi"}'));
      await having(at, workload("Deployment", web, ["bad"]));
    },
    kept: keepsGhcr("bad"),
  },
  {
    what: "the image names the port",
    cause: "no-login",
    message: /use the image name myregistry\.azurecr\.io\/app\/web:1$/,
    prepare: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      await having(at, workload("Deployment", `${r}:443/app/web:1`));
    },
  },
];
