import { fileData } from "../file/write.ts";
import { joinNames, keyOf } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import { includes, type Scope } from "../scope/scope.ts";
import { copiesOf, credentialOf } from "../secret/record.ts";
import { printWarning } from "./error.ts";
import type { Format, PrinterOptions } from "./format.ts";

/** Where editors find the schema of the file. */
const schema = "https://raw.githubusercontent.com/kubectl-acr-secret/kubectl-acr-secret/main/docs/schema/acr-secret-file-v1.json";

/** Prints a file of desired state at the end, if the source has a credential. */
export const file: Format = {
  outcomes: ({ desired, ...options }) => {
    let source: Secret | undefined;
    return {
      each: ({ to, object }) => {
        if (object && desired && keyOf(to) === keyOf(desired.source)) source = object as Secret;
        return "";
      },
      end: async () => {
        const credential = credentialOf(source);
        if (!desired || !credential) return "";
        const { name, entry } = desired;
        warnOfOthers(source, entry.copyTo, options);
        const entries = [{ ...entry, repositories: credential.repositories ?? entry.repositories }];
        const { dump } = await import("js-yaml");
        const data = dump(fileData({ name, entries }), { flowLevel: 3, lineWidth: -1, noRefs: true, quoteStyle: "double" });
        return `# yaml-language-server: $schema=${schema}\n${data}`;
      },
    };
  },
};

/** Warns about copies of earlier runs: `apply` deletes those that the entry does not name. */
function warnOfOthers(source: Secret | undefined, copyTo: Scope | undefined, { stderr, env }: Omit<PrinterOptions, "desired">): void {
  const others = Object.keys(copiesOf(source)).filter((namespace) => !(copyTo && includes(copyTo, namespace, true)));
  if (others.length > 0)
    printWarning(
      stderr,
      env,
      `the file does not name the copies in ${joinNames(others)}, so apply deletes them; to keep them, add --copy-to`,
    );
}
