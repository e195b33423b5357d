import { usage } from "../../src/errors.ts";
import type { Fix } from "../../src/fix.ts";
import { decoded } from "../../src/manifest/text.ts";
import { printError } from "../../src/output/error.ts";
import { printData } from "../../src/output/object.ts";
import { distributions, type NodeFile, nodeFiles, providerName } from "../../src/secretless/node-files.ts";
import { nodeFileErrors } from "../../src/secretless/verify-node-files.ts";
import type { Flags, identityFlags, Values } from "../line/flags.ts";
import type { Session } from "../session.ts";

export const nodeFilesFlags = {
  for: { type: "string", choices: distributions, describe: "Kubernetes distribution of the nodes" },
  verify: {
    type: "string",
    exclusive: ["for"],
    complete: "files",
    value: "FILE",
    describe: "Verify this edited file (- for standard input) instead of printing files",
  },
} as const satisfies Flags;

type NodeFilesFlags = Values<typeof nodeFilesFlags & typeof identityFlags>;

/** How to see on a node what no file shows. A gate with the value 0 is off. */
const nodeChecks: readonly Fix[] = [
  {
    do: "shell",
    argv: ["ls", "-l", "BIN_DIR"],
    when: `on the node, in the folder of --image-credential-provider-bin-dir: ${providerName} must be executable`,
  },
  {
    do: "shell",
    argv: ["kubectl", "get", "--raw", "/api/v1/nodes/NODE/proxy/metrics"],
    into: ["grep", "-E", "KubeletServiceAccountTokenForCredentialProviders|kubelet_credential_provider_config_info"],
    when: "after the restart of the kubelet: the feature gate must be 1, and the hash that of your file",
  },
];

/**
 * Prints the files with which the kubelets of a distribution pull without pull secrets, or verifies a file. Never changes a node.
 * @throws CliError usage
 * @returns the exit code
 */
export async function runNodeFiles({ for: distribution, verify, cloud = "AzureCloud" }: NodeFilesFlags, session: Session): Promise<number> {
  if (verify !== undefined) return verifyFile(verify, session);
  if (distribution === undefined) throw usage(`specify --for ${distributions.join("|")}, or --verify FILE`);
  const { binary, files, restart } = nodeFiles(distribution, cloud);
  const head = [
    "Try one node first: a mistake in CredentialProviderConfig stops the kubelet.",
    "1. Copy azure-acr-credential-provider-linux-ARCH of https://github.com/kubernetes-sigs/cloud-provider-azure/releases (mode 0755) to",
    `   ${binary}`,
    "2. Copy each document below without its comments to the place that its comment names",
    `3. ${restart}`,
  ];
  const documents = await Promise.all(files.map(printed));
  session.print([comment(head), ...documents].join("---\n"));
  return 0;
}

const comment = (lines: readonly string[]) => lines.map((line) => `# ${line}\n`).join("");

/** A file with the ending .json can't be YAML. */
const printed = async ({ where, content }: NodeFile): Promise<string> =>
  `${comment(where.split("\n"))}${where.endsWith(".json") ? `${JSON.stringify(content)}\n` : await printData(content, "yaml")}`;

async function verifyFile(path: string, session: Session): Promise<number> {
  const name = path === "-" ? "stdin" : path;
  const bytes = path === "-" ? await session.stdin.bytes() : await session.files.bytes(path);
  const errors = nodeFileErrors(await import("yaml"), decoded(name, bytes));
  for (const error of errors) printError(session, error);
  if (errors.length > 0) return 1;
  session.print(`${name} is valid\n`);
  for (const check of nodeChecks) session.hint(check);
  return 0;
}
