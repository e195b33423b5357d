import { expect } from "vitest";
import { having, type Place, r, type Situation, web, workload } from "../check-shell.ts";
import { create, kubectl } from "../kubectl.ts";
import type { Shell } from "../plugin.ts";

const metadata = (name: string, namespace: string) => ({ metadata: { name, namespace } });

/** Returns a Deployment with another name and another ServiceAccount. */
const named =
  (name: string, image = web, serviceAccountName = "default") =>
  (namespace: string) => {
    const { spec, ...rest } = workload("Deployment", image)(namespace);
    const labels = { app: name };
    const template = { metadata: { labels }, spec: { ...spec.template.spec, serviceAccountName } };
    return { ...rest, ...metadata(name, namespace), spec: { ...spec, selector: { matchLabels: labels }, template } };
  };

const account = ({ namespace }: Place, name: string) =>
  create([{ apiVersion: "v1", kind: "ServiceAccount", ...metadata(name, namespace) }]);

const oneLine = /^[^\n]*$/;

/** Problems of several pods or of unusual pods, and checks as another user or in another context. */
export const fixableForAll = (shell: Shell): readonly Situation[] => [
  {
    what: "nothing is attached, and the pods are of two ServiceAccounts",
    cause: "no-login",
    fixPattern: oneLine,
    prepare: async (at) => {
      await account(at, "worker");
      await having(at, named("web"), named("worker", web, "worker"));
    },
  },
  {
    what: "nothing is attached for three images",
    cause: "no-login",
    fixPattern: oneLine,
    prepare: async (at) => {
      await shell.azure.push("myregistry.azurecr.io/base/nginx:1");
      await having(at, named("web"), named("api", `${r}/app/api:1`), named("base", `${r}/base/nginx:1`));
    },
  },
  {
    what: "another user has a Secret of the default name",
    cause: "no-login",
    prepare: async (at) => {
      await at.typed("kubectl create secret generic acr-myregistry --from-literal=color=blue -n N");
      await having(at, workload("Deployment"));
    },
    kept: async ({ namespace }) => {
      expect(await kubectl(["get", "secret", "acr-myregistry", "-n", namespace, "-o", "jsonpath={.data.color}"])).toBe("Ymx1ZQ==");
    },
  },
  {
    what: "check ran as another user",
    cause: "no-login",
    check: "--as=admin --as-group=system:masters",
    fixPattern: / --as=admin --as-group=system:masters/,
    prepare: (at) => having(at, workload("Deployment")),
  },
  {
    what: "check ran in another context",
    cause: "no-login",
    check: `--kubeconfig ${shell.folder}/elsewhere --context elsewhere`,
    fixPattern: / --context=elsewhere .*--kubeconfig=|--kubeconfig=\S+ .*--context=elsewhere| --context=elsewhere/,
    prepare: async (at) => {
      const at_ = `${shell.folder}/elsewhere`;
      await at.typed(
        `kubectl config view --raw --flatten > ${at_}`,
        `kubectl --kubeconfig ${at_} config rename-context "$(kubectl config current-context)" elsewhere`,
        `kubectl --kubeconfig ${at_} config unset current-context`,
      );
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "a StatefulSet names the image in capitals",
    cause: "no-login",
    message:
      /use the image name myregistry\.azurecr\.io\/app\/web:1, then run check again\n\* then delete pod\/web-0, unless already replaced$/,
    byHand: ["kubectl delete pod --all -n N"],
    next: "no-login",
    prepare: (at) => having(at, workload("StatefulSet", "MyRegistry.azurecr.io/app/web:1")),
  },
];
