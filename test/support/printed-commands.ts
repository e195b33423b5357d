import { type Command, type CurrentPlace, flag, kubectl, plugin, shell } from "../../src/hint.ts";

type Row = { readonly command: Command; readonly line: string; readonly given?: CurrentPlace };

/** Commands of each form, each field at least once, and the line for a terminal. */
export const printedCommands: readonly Row[] = [
  { command: plugin("prune", "--registry", "myregistry"), line: "kubectl acr-secret prune --registry myregistry" },
  {
    command: {
      ...plugin("create", "acr", "--registry", "r.azurecr.io", flag("repository", ["app/web", "base/*"]), flag("force", true)),
      namespace: "demo",
    },
    line: "kubectl acr-secret create -n demo acr --registry r.azurecr.io --repository 'app/web,base/*' --force",
  },
  {
    command: plugin("create", "--registry", "r", "--username", "ci", "--password-stdin"),
    line: `printf %s "$PASSWORD" | kubectl acr-secret create --registry r --username ci --password-stdin`,
  },
  { command: plugin("create", undefined, "--registry", "r", flag("force", false)), line: "kubectl acr-secret create --registry r" },
  {
    command: { ...plugin("attach", "acr", "--serviceaccount", "web"), or: "--all-serviceaccounts" },
    given: { forward: ["--context=prod"], namespace: "demo" },
    line: "kubectl acr-secret attach -n demo --context=prod acr --serviceaccount web",
  },
  {
    command: { ...plugin("list", "--all-namespaces", "-o", "wide"), namespace: "" },
    given: { forward: [], context: "prod", namespace: "demo" },
    line: "kubectl acr-secret list --context prod --all-namespaces -o wide",
  },
  {
    command: plugin("secretless create", "web", "--registry", "r"),
    given: { forward: ["--context=prod"], namespace: "demo" },
    line: "kubectl acr-secret secretless create -n demo --context=prod web --registry r",
  },
  {
    command: shell("kubectl acr-secret", "create", "--help"),
    given: { forward: [], namespace: "x" },
    line: "kubectl acr-secret create --help",
  },
  {
    command: { ...kubectl("delete pod", "p", "--force"), namespace: "demo", or: "wait" },
    given: { forward: [], context: "prod" },
    line: "kubectl delete pod -n demo --context prod p --force",
  },
  {
    command: { ...kubectl("create namespace", "demo"), namespace: "" },
    given: { forward: ["--context=prod"], namespace: "demo" },
    line: "kubectl create namespace --context=prod demo",
  },
  {
    command: { ...kubectl("get", "secret", "acr"), namespace: "demo", around: ["(umask 077; ", " > file)"] },
    line: "(umask 077; kubectl get -n demo secret acr > file)",
  },
  {
    command: shell("az role assignment delete", "--role", "Container Registry Repository Reader"),
    given: { forward: ["--context=prod"], namespace: "x" },
    line: "az role assignment delete --role 'Container Registry Repository Reader'",
  },
  { command: shell("curl", "-fsSL", "https://example.com/a?b=$(id)"), line: "curl -fsSL 'https://example.com/a?b=$(id)'" },
];
