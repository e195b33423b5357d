import type { formatCommand } from "../../cmd/line/format-command.ts";
import { type Fix, listEverywhere } from "../../src/fix.ts";

const patch = '{"spec":{"template":{"spec":{"imagePullSecrets":[{"$patch":"delete","name":"bad"},{"name":"acr"}]}}}}';

/** Each type of fix, each of its fields at least once, and the command line. */
export const lines: { fix: Fix; line: string; given?: Parameters<typeof formatCommand>[1] }[] = [
  { fix: { verb: "prune", registry: "myregistry" }, line: "kubectl acr-secret prune --registry myregistry" },
  {
    fix: { verb: "prune", registry: "myregistry", identity: { source: "az", subscription: "s" } },
    line: "kubectl acr-secret prune --registry myregistry --auth az --subscription s",
  },
  { fix: { verb: "create", registry: "myregistry" }, line: "kubectl acr-secret create --registry myregistry" },
  { fix: { verb: "check", fromCluster: true }, line: "kubectl acr-secret check --from-cluster" },
  { fix: { verb: "check", wait: "10m", namespace: "demo" }, line: "kubectl acr-secret check -n demo --wait 10m" },
  {
    fix: {
      verb: "create",
      secret: "acr",
      registry: "r.azurecr.io",
      repositories: ["app/web", "base/*"],
      serviceaccounts: ["a", "b"],
      servicePrincipal: "ci-pull",
      expiresIn: "90d",
      force: true,
      namespace: "demo",
    },
    line:
      "kubectl acr-secret create -n demo acr --registry r.azurecr.io --repository app/web --repository 'base/*' " +
      "--serviceaccount a --serviceaccount b --service-principal ci-pull --expires-in 90d --force",
  },
  {
    fix: {
      verb: "create",
      registry: "r",
      copyToSelector: "team=web",
    },
    line: "kubectl acr-secret create --registry r --copy-to-selector team=web",
  },
  {
    fix: { verb: "create", registry: "r", copyTo: ["a", "b-*"] },
    line: "kubectl acr-secret create --registry r --copy-to a --copy-to 'b-*'",
  },
  {
    fix: {
      verb: "create",
      registry: "r",
      identity: { source: "workload", tenant: "example.com", subscription: "Pay as you go", cloud: "AzureUSGovernment" },
    },
    line:
      "kubectl acr-secret create --registry r --auth workload --tenant example.com --subscription 'Pay as you go' " +
      "--cloud AzureUSGovernment",
  },
  {
    fix: { verb: "create", registry: "r", identity: { source: "auto", tenant: "t" } },
    line: "kubectl acr-secret create --registry r --tenant t",
  },
  {
    fix: { verb: "create", registry: "r.azurecr.io", username: "ci" },
    line: `printf %s "$PASSWORD" | kubectl acr-secret create --registry r.azurecr.io --username ci --password-stdin`,
  },
  {
    fix: { verb: "attach", secret: "acr", serviceaccounts: ["web"], or: "--all-serviceaccounts" },
    line: "kubectl acr-secret attach acr --serviceaccount web",
  },
  {
    fix: { verb: "attach", secret: "acr", targets: ["deployment/web"], output: "kustomize", namespace: "demo" },
    line: "kubectl acr-secret attach -n demo acr deployment/web -o kustomize",
  },
  {
    fix: { verb: "attach", secret: "acr", targets: ["serviceaccount/web"], output: "helm" },
    line: "kubectl acr-secret attach acr serviceaccount/web -o helm",
  },
  {
    fix: { verb: "attach", secret: "acr", targets: ["pod/web"], recreate: true, force: true, namespace: "demo" },
    line: "kubectl acr-secret attach -n demo acr pod/web --recreate --force",
  },
  { fix: { verb: "detach", serviceaccounts: ["default"] }, line: "kubectl acr-secret detach --serviceaccount default" },
  {
    fix: { verb: "check", secret: "acr", images: ["r.azurecr.io/a:1"], serviceaccount: "web", namespace: "demo" },
    line: "kubectl acr-secret check -n demo acr --image r.azurecr.io/a:1 --serviceaccount web",
  },
  { fix: { verb: "list", namespace: "demo" }, line: "kubectl acr-secret list -n demo" },
  {
    fix: listEverywhere,
    given: { forward: ["--context=prod"], namespace: "demo" },
    line: "kubectl acr-secret list --all-namespaces --context=prod -o wide",
  },
  { fix: { verb: undefined, help: true }, line: "kubectl acr-secret --help" },
  { fix: { verb: "create", help: true }, given: { forward: [], namespace: "demo" }, line: "kubectl acr-secret create --help" },
  { fix: { verb: "delete", secret: "acr", yes: true, or: "do not" }, line: "kubectl acr-secret delete acr --yes" },
  {
    fix: { verb: "delete", secret: "acr", revoke: true, force: true, ignoreNotFound: true, yes: true, namespace: "demo" },
    line: "kubectl acr-secret delete -n demo acr --revoke --force --ignore-not-found --yes",
  },
  {
    fix: {
      kubectl: "rollout restart",
      args: ["deployment/web", "daemonset/log"],
      namespace: "demo",
      or: "wait",
    },
    line: "kubectl rollout restart -n demo deployment/web daemonset/log",
  },
  { fix: { kubectl: "delete secret", args: ["acr"], namespace: "demo" }, line: "kubectl delete secret -n demo acr" },
  {
    fix: { kubectl: "delete pod", args: ["p", "--force"], namespace: "demo", or: "wait" },
    given: { forward: [], context: "prod" },
    line: "kubectl delete pod -n demo --context prod p --force",
  },
  {
    fix: { kubectl: "create", args: ["-f", "pod-demo-p.json"], namespace: "demo" },
    line: "kubectl create -n demo -f pod-demo-p.json",
  },
  {
    fix: { verb: "check", allNamespaces: true },
    given: { forward: [], context: "prod", namespace: "demo" },
    line: "kubectl acr-secret check --all-namespaces --context prod",
  },
  { fix: { kubectl: "get", args: ["serviceaccounts"], namespace: "demo" }, line: "kubectl get -n demo serviceaccounts" },
  {
    fix: { kubectl: "create namespace", args: ["demo"] },
    given: { forward: ["--context=prod"], namespace: "demo" },
    line: "kubectl create namespace --context=prod demo",
  },
  { fix: { kubectl: "delete pod", args: ["a", "b"], namespace: "demo" }, line: "kubectl delete pod -n demo a b" },
  {
    fix: { kubectl: "patch", args: ["deployment", "web", "-p", patch] },
    line: `kubectl patch deployment web -p '${patch}'`,
  },
  {
    fix: { do: "pull-chart", secret: "acr", host: "r.azurecr.io", namespace: "demo" },
    line:
      "(umask 077; kubectl get -n demo secret acr -o 'jsonpath={.data.\\.dockerconfigjson}' | base64 -d > registry.json) " +
      "&& helm pull oci://r.azurecr.io/CHART --registry-config registry.json",
  },
  { fix: { verb: "create", registry: "r", reader: "flux" }, line: "kubectl acr-secret create --registry r --for flux" },
  {
    fix: { verb: "detach", dangling: true, serviceaccounts: ["app"], targets: ["deployment/web"], namespace: "demo" },
    line: "kubectl acr-secret detach -n demo deployment/web --serviceaccount app --dangling",
  },
  {
    fix: { do: "shell", argv: ["az", "acr", "repository", "list", "--name", "r"] },
    given: { forward: [], namespace: "x" },
    line: "az acr repository list --name r",
  },
  {
    fix: { do: "shell", argv: ["az", "acr", "repository", "show-tags", "--name", "r", "--repository", "app/web"] },
    line: "az acr repository show-tags --name r --repository app/web",
  },
  {
    fix: { do: "shell", argv: ["az", "acr", "manifest", "list-metadata", "--registry", "r", "--name", "app/web"] },
    line: "az acr manifest list-metadata --registry r --name app/web",
  },
  { fix: { do: "shell", argv: ["az", "acr", "network-rule", "list", "--name", "r"] }, line: "az acr network-rule list --name r" },
  {
    fix: { do: "shell", argv: ["az", "role", "assignment", "delete", "--role", "Container Registry Repository Reader"] },
    given: { forward: [], namespace: "x" },
    line: "az role assignment delete --role 'Container Registry Repository Reader'",
  },
  {
    fix: { do: "shell", argv: ["curl", "-fsSL", "https://example.com/a?b=$(id)"], into: ["kubectl", "apply", "-f", "-"] },
    line: "curl -fsSL 'https://example.com/a?b=$(id)' | kubectl apply -f -",
  },
  {
    fix: { verb: "create", secret: "acr", registry: "r", repositories: [], repositoriesFromPods: true, whereUsed: true, namespace: "x" },
    line: "kubectl acr-secret create -n x acr --registry r --repositories-from-pods --where-used",
  },
];
