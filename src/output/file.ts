import { readFiles } from "../file/read.ts";
import { fileData } from "../file/write.ts";
import { keyOf } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { includes, type Scope } from "../scope/scope.ts";
import { copiesOf, credentialOf } from "../secret/record.ts";
import { joinNames, nameInPlace } from "../wording.ts";
import { printWarning } from "./error.ts";
import type { DesiredEntry, Format, PrinterOptions } from "./format.ts";

/** Where editors find the schema of the file. */
const schema = "https://raw.githubusercontent.com/kubectl-acr-secret/kubectl-acr-secret/main/docs/schema/acr-secret-file-v1.json";

/** Prints a file of desired state at the end, if the source has a credential. */
export const file: Format = {
  outcomes: ({ desired, ...options }) => {
    let source: Outcome | undefined;
    return {
      each: (outcome) => {
        if (outcome.object && desired && keyOf(outcome.to) === keyOf(desired.source)) source = outcome;
        return "";
      },
      end: async () => {
        const secret = source?.object as Secret | undefined;
        const credential = credentialOf(secret);
        if (!desired || !credential) return "";
        const { entry } = desired;
        const { repositories = entry.repositories, file: of = desired } = credential;
        const yaml = await import("js-yaml");
        const data = yaml.dump(fileData({ ...of, entries: [{ ...entry, repositories }] }), { flowLevel: 3, lineWidth: -1, noRefs: true });
        // Anyone in the namespace can write the record
        readFiles([{ path: "-o file", text: data }], yaml);
        if (source?.result === "unchanged") warnOfRecord(desired, repositories, options);
        warnOfOthers(secret, entry.copyTo, options);
        return `# yaml-language-server: $schema=${schema}\n${data}`;
      },
    };
  },
};

type Stderr = Pick<PrinterOptions, "stderr" | "env">;

/** Warns about repositories that only the record names. The file grants them when it is applied. */
function warnOfRecord({ source, entry }: DesiredEntry, recorded: readonly string[], { stderr, env }: Stderr): void {
  const others = recorded.filter((repository) => !entry.repositories.includes(repository));
  if (others.length > 0) printWarning(stderr, env, `the file grants ${joinNames(others)} only because ${nameInPlace(source)} records it`);
}

/** Warns about copies of earlier runs: `apply` deletes those that the entry does not name. */
function warnOfOthers(source: Secret | undefined, copyTo: Scope | undefined, { stderr, env }: Stderr): void {
  const others = Object.keys(copiesOf(source)).filter((namespace) => !(copyTo && includes(copyTo, namespace, true)));
  if (others.length > 0)
    printWarning(
      stderr,
      env,
      `the file does not name the copies in ${joinNames(others)}, so apply deletes them. To keep them, add --copy-to`,
    );
}
