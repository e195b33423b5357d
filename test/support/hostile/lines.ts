const forms = [
  "",
  "-o name",
  "-o json",
  "-o yaml",
  "-o jsonl",
  "--dry-run=client",
  "--dry-run=client -o jsonl",
  "--dry-run=server -o yaml",
  "--diff",
  "--diff --dry-run=server",
];

/** The command lines for a hostile text: every verb with every output format, for one namespace and for all. */
export const lines: readonly string[] = [
  ...forms.flatMap((form) => [
    `create --registry myregistry --serviceaccount default -n demo ${form}`,
    `attach acr-myregistry --all-serviceaccounts -n demo ${form}`,
    `detach acr-myregistry --all-serviceaccounts -n demo ${form}`,
  ]),
  "create web --registry myregistry --serviceaccount default -n demo -v 8",
  "create --registry myregistry --serviceaccount default -n demo --force -o yaml",
  ...["", "-o jsonl", "-o yaml"].flatMap((form) => [
    `create --registry myregistry --serviceaccount default -n demo --copy-to-all ${form}`,
    `rotate -A ${form}`,
  ]),
  "attach -n demo --serviceaccount default",
  ...["", "-o jsonl", "--dry-run=client -o jsonl"].map((form) => `detach --dangling -n demo ${form}`),
  ...["", "-o json", "-o yaml"].flatMap((form) => [
    `check -n demo ${form}`,
    `check -A ${form}`,
    `check acr-myregistry -n demo ${form}`,
    `check -n demo --image myregistry.azurecr.io/app/web:1 ${form}`,
  ]),
  ...["", "-o json", "-o yaml"].flatMap((form) => [`doctor --registry myregistry -n demo ${form}`, `doctor -A ${form}`]),
  ...["", "-o wide", "-o json", "-o yaml", "-o name"].flatMap((form) => [`list -n demo ${form}`, `list -A ${form}`]),
  ...["jsonl", "junit", "openmetrics", "html", "wide"].map((form) => `check -A -o ${form}`),
  ...["jsonl", "openmetrics", "html"].map((form) => `list -A -o ${form}`),
  ...["--deep --new-node --strict", "--failed --sort-by owner --no-headers", "deployment/*"].map((more) => `check -n demo ${more}`),
  ...["", "-o json", "-o yaml", "--client"].map((form) => `version ${form}`),
  "version -v=8",
  "__complete attach -n demo ''",
  "__complete check -n demo ''",
  "__complete list -n ''",
  "__complete list --context ''",
  "__complete create -n demo --serviceaccount ''",
  "__complete list --namespaces ''",
];

/** Command lines with output for programs, as JSON or YAML. */
export const readByPrograms: readonly string[] = [
  "list -n demo",
  "list -A",
  "check -A",
  "attach acr-myregistry --all-serviceaccounts -n demo",
  "create --registry myregistry --serviceaccount default -n demo",
];

/** Command lines in which the user types the hostile text. %s stands for it. */
export const typed: readonly string[] = [
  "schedule check --image r.azurecr.io/plugin:1 --context %s",
  "%s",
  "help %s",
  "create %s",
  "create %s --registry myregistry -n demo",
  "create --registry %s -n demo",
  "create --registry myregistry --repository %s -n demo",
  "create --registry myregistry.azurecr.io --username %s --password-stdin -n demo",
  "create --registry myregistry --repository app/web --serviceaccount %s -n demo",
  "create --registry myregistry --repository app/web --service-principal=%s -n demo",
  "create --registry myregistry --expires-in %s",
  "create --registry myregistry --dry-run=%s",
  "create --registry myregistry --repository app/web -n %s",
  "attach %s --serviceaccount default -n demo",
  "attach acr-myregistry --serviceaccount %s -n demo",
  "attach acr-myregistry -l %s -n demo",
  "attach acr-myregistry more %s --serviceaccount",
  "detach %s --serviceaccount default -n demo",
  "check %s -n demo",
  "check --image %s -n demo",
  "check --image myregistry.azurecr.io/app/web:1 --serviceaccount %s -n demo",
  "check -n %s",
  "list -n %s",
  "list -o %s",
  "list --%s",
  "list --context %s -A",
  "completion %s",
  "version --request-timeout %s",
  "version -v %s",
  "__complete %s",
  "__complete attach %s",
  "__complete create --%s",
  "__complete list -o %s",
];

/** Splits a line into words. '' is an empty word. */
export const wordsOf = (line: string, text = ""): string[] =>
  line
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => (word === "''" ? "" : word.replace("%s", () => text)));
