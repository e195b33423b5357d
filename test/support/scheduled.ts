import { loadAll } from "js-yaml";
import { run } from "./in-process.ts";

export const image = "myregistry.azurecr.io/tools/kubectl-acr-secret:1";

/** A file of desired state whose namespaces are all named. */
export const namedTeams = `name: teams
namespace: platform
registry: myregistry
pullSecrets:
- name: acr-blue
  namespace: platform
  copyTo: {names: [team-a, team-b]}
  repositories: [app/*]
  serviceAccounts: [default]
`;

/** A file of desired state that selects namespaces and ServiceAccounts. */
export const selectedTeams = `name: teams
namespace: platform
registry: myregistry
pullSecrets:
- name: acr-blue
  namespace: platform
  copyTo: {selector: team=sky}
  repositories: [app/*]
  serviceAccounts: [default, "ci-*"]
- name: acr
  eachOf: {selector: tier=sky}
  registry: other.azurecr.io
  repositories: [base/*]
  serviceAccounts: [default]
  restart: none
`;

/** Returns the objects that `schedule` prints. @param line `schedule check`, with the image that it needs unless it names another one */
export async function objectsOf(line: string, stdin = namedTeams) {
  const named = line.includes(" --image ") ? [] : ["--image", image];
  const { stdout, stderr, code } = await run([...line.split(" "), ...named, "-o", "yaml"], { stdin });
  if (code !== 0) throw new Error(stderr);
  return loadAll(stdout) as ReturnType<typeof JSON.parse>[];
}

/** Returns one object of a printed schedule. */
export async function objectOf(line: string, kind: string, stdin = namedTeams) {
  return (await objectsOf(line, stdin)).find((object) => object.kind === kind);
}
