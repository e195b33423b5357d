import type { ServiceAccount } from "../src/objects.ts";
import { age, until } from "../src/output/age.ts";
import { printObjects } from "../src/output/object.ts";
import { table } from "../src/output/table.ts";
import { readProvenance } from "../src/secret/provenance.ts";
import { managedSecrets } from "./gather/secrets.ts";
import { together } from "./gather/together.ts";
import { verb } from "./verb.ts";

export const list = verb({
  name: "list",
  usage: "list [-A]",
  summary: "List the pull secrets that this plugin made",
  description: "Shows what each Secret holds, when its credential dies, and which ServiceAccounts carry it.",
  examples: [
    "# In this namespace",
    "kubectl acr-secret list",
    "# In all, with the ACR token behind each",
    "kubectl acr-secret list -A -o wide",
  ],
  flags: {
    "all-namespaces": { type: "boolean", short: "A", describe: "If present, list across all namespaces." },
    selector: { type: "string", short: "l", describe: "Secrets with these labels (-l key1=value1,key2=value2)" },
    "no-headers": { type: "boolean", describe: "When using the default output format, don't print headers." },
    output: {
      type: "string",
      short: "o",
      choices: ["json", "yaml", "name", "wide"],
      describe: "Output format. One of: (json, yaml, name, wide).",
    },
    "show-managed-fields": { type: "boolean", describe: "If true, keep the managedFields when printing objects in JSON or YAML format." },
  },
  most: 0,
  async run({ flags }, session) {
    const cluster = session.cluster();
    const all = flags["all-namespaces"];
    const namespace = all ? undefined : await cluster.namespace();
    const [secrets, accounts] = await together([
      managedSecrets(cluster, namespace, flags.selector),
      flags.output === undefined || flags.output === "wide" ? cluster.serviceAccounts(namespace) : [],
    ]);
    if (flags.output === "json" || flags.output === "yaml") {
      session.print(await printObjects(secrets, flags.output, { managedFields: flags["show-managed-fields"], list: true }));
      return 0;
    }
    if (flags.output === "name") {
      session.print(secrets.map(({ metadata }) => `secret/${metadata.name}\n`).join(""));
      return 0;
    }
    if (secrets.length === 0) {
      session.context.stderr.write(all ? "No resources found\n" : `No resources found in ${namespace} namespace.\n`);
      return 0;
    }
    const now = session.context.now();
    const wide = flags.output === "wide";
    const header = ["NAME", "REGISTRY", "CREDENTIAL", "EXPIRES", "SERVICEACCOUNTS", "AGE", ...(wide ? ["IDENTITY", "SLOT"] : [])];
    const rows = secrets.map((secret) => {
      const { name, namespace: in_ = "", creationTimestamp } = secret.metadata;
      const of = readProvenance(secret);
      const cells = [
        name,
        of?.registry ?? "",
        of?.credential ?? "",
        until(of?.expiresAt, now),
        carriers(accounts, in_, name),
        age(creationTimestamp, now),
      ];
      return [...(all ? [in_] : []), ...cells, ...(wide ? [of?.identity ?? "", of?.slot ?? ""] : [])];
    });
    session.print(table([...(all ? ["NAMESPACE"] : []), ...header], rows, { headers: !flags["no-headers"] }));
    return 0;
  },
});

function carriers(accounts: readonly ServiceAccount[], namespace: string, secret: string): string {
  return accounts
    .filter(({ metadata, imagePullSecrets }) => metadata.namespace === namespace && imagePullSecrets?.some(({ name }) => name === secret))
    .map(({ metadata }) => metadata.name)
    .join(",");
}
