import type { Comparison } from "./compare.ts";
import { run } from "./run.ts";

/**
 * The same task with kubectl alone, equally safe: an upsert of the Secret, and a patch of the list that fails if the list has changed. `$1`
 * is the Secret, `$2` is the ServiceAccount. The password is on a command line, because there is no other way.
 */
const byHand = `
kubectl create secret docker-registry "$1" --docker-server=myregistry.azurecr.io --docker-username=u \\
  --docker-password="$(cat)" --dry-run=client -o yaml | kubectl apply -f - || exit
seen=$(kubectl get serviceaccount "$2" -o jsonpath='{.metadata.resourceVersion}{range .imagePullSecrets[*]} {.name}{end}') || exit
version=\${seen%% *} list=
for name in \${seen#"$version"} "$1"; do list="$list{\\"name\\":\\"$name\\"},"; done
kubectl patch serviceaccount "$2" --type=merge \\
  -p "{\\"metadata\\":{\\"resourceVersion\\":\\"$version\\"},\\"imagePullSecrets\\":[\${list%,}]}"
`;

/** Adds a new Secret to a ServiceAccount that already has another one. Each run has its own Secret and ServiceAccount. */
export function createAndAttach({ kubectl, env }: { kubectl: string; env: NodeJS.ProcessEnv }): Comparison {
  const namesOf = (run: number, way: string) => ({ secret: `pull-${way}-${run}`, account: `account-${way}-${run}` });
  const account = (name: string) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name },
    imagePullSecrets: [{ name: "before" }],
  });
  const flags = ["--registry", "myregistry.azurecr.io", "--username", "u", "--password-stdin", "--verify=false"];
  return {
    name: "create and attach",
    other: "kubectl",
    budget: 0.62,
    runs: 31,
    warmUp: 3,
    async prepare(number, way) {
      await run(kubectl, ["create", "-f", "-"], env, JSON.stringify(account(namesOf(number, way).account)));
    },
    async ours(number) {
      const { secret, account } = namesOf(number, "ours");
      await run(kubectl, ["acr-secret", "create", secret, ...flags, "--serviceaccount", account], env, "hunter2");
    },
    async theirs(number) {
      const { secret, account } = namesOf(number, "theirs");
      await run("sh", ["-c", byHand, "by-hand", secret, account], env, "hunter2");
    },
  };
}
